// Compiles one file with the pinned solc, as contracts/build.mjs does ours: `node solidity.mjs FILE CONTRACT` prints
// the creation code in hex.
import { readFileSync } from "node:fs";
import solc from "solc";

const [file, contract] = process.argv.slice(2);
const input = {
  language: "Solidity",
  sources: { peer: { content: readFileSync(file, "utf8") } },
  settings: {
    evmVersion: "cancun",
    viaIR: true,
    optimizer: { enabled: true, runs: 10_000 },
    outputSelection: { peer: { [contract]: ["evm.bytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
for (const error of errors) process.stderr.write(`${error.formattedMessage}\n`);
if (errors.length > 0) process.exit(1);
process.stdout.write(output.contracts.peer[contract].evm.bytecode.object);
