// Compiles contracts/src with the pinned solc and writes contracts/artifacts/AssayRegistry.json, which is committed so
// that nobody needs a compiler to use it. `node contracts/build.mjs --check` compiles and exits 1 on any difference.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sha3 from "js-sha3";
import solc from "solc";

const CONTRACT = "AssayRegistry";
const EVM_VERSION = "cancun";
const OPTIMIZER_RUNS = 10_000;

const here = dirname(fileURLToPath(import.meta.url));
const sourceFolder = join(here, "src");
const artifactPath = join(here, "artifacts", `${CONTRACT}.json`);

function readSources() {
  const names = readdirSync(sourceFolder).filter((name) => name.endsWith(".sol")).sort();
  return Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(sourceFolder, name), "utf8") }]));
}

/** One digest over every source: name, NUL, content, NUL, in the order of the names. */
function digestOf(sources) {
  const hash = createHash("sha256");
  for (const [name, { content }] of Object.entries(sources)) hash.update(`${name}\0${content}\0`);
  return hash.digest("hex");
}

function compile(sources) {
  const input = {
    language: "Solidity",
    sources,
    settings: {
      evmVersion: EVM_VERSION,
      viaIR: true,
      optimizer: { enabled: true, runs: OPTIMIZER_RUNS },
      // No metadata hash: the bytecode, and with CREATE2 the address, then depends on the code alone.
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { [`${CONTRACT}.sol`]: { [CONTRACT]: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const problems = output.errors ?? [];
  for (const problem of problems) process.stderr.write(`${problem.formattedMessage}\n`);
  if (problems.length > 0) throw new Error("solc reported problems; warnings count as errors here");
  return output.contracts[`${CONTRACT}.sol`][CONTRACT];
}

/** The slots that eth_getProof is asked for, by the names that the project's formats give them. */
function slotsOf({ storage }) {
  const slot = (label) => Number(storage.find((variable) => variable.label === label).slot);
  return { anchored: slot("_anchored"), revokedWord: slot("revokedWord") };
}

const sources = readSources();
const compiled = compile(sources);
const runtime = Buffer.from(compiled.evm.deployedBytecode.object, "hex");
const artifact = {
  contract: CONTRACT,
  compiler: solc.version().replace(/\.Emscripten.*$/, ""),
  evmVersion: EVM_VERSION,
  sourceSha256: digestOf(sources),
  // What a verifier compares the code at an address with, by itself or as the codeHash of a proven account.
  runtimeSha256: createHash("sha256").update(runtime).digest("hex"),
  runtimeKeccak256: sha3.keccak256(runtime),
  storage: slotsOf(compiled.storageLayout),
  abi: compiled.abi,
  bytecode: `0x${compiled.evm.bytecode.object}`,
};
const text = `${JSON.stringify(artifact, null, 1)}\n`;

if (process.argv.includes("--check")) {
  let committed = "";
  try {
    committed = readFileSync(artifactPath, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  if (committed !== text) {
    process.stderr.write(`${artifactPath} is not what contracts/src compiles to; run: node contracts/build.mjs\n`);
    process.exit(1);
  }
} else {
  mkdirSync(dirname(artifactPath), { recursive: true });
  writeFileSync(artifactPath, text);
}
