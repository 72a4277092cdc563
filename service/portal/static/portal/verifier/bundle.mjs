// The proof bundle, NAME.assay.json, read strictly (docs/formats/proof.md).

import { isPrintable } from "./bytes.mjs";
import { MAX_HEADER_BYTES } from "./evidence.mjs";
import { malformed, readFields } from "./fields.mjs";
import { MAX_LEAF_BYTES, ROLES, isDigest } from "./leaf.mjs";
import { MAX_NOTE_BYTES } from "./note.mjs";
import { Refused } from "./refused.mjs";
import { TIME, toSeconds } from "./times.mjs";
import { MAX_NODES, MAX_NODE_BYTES } from "./trie.mjs";

export const FORMAT = "assay.proof/1";
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;
const MAX_STORE = 8 * 1024 * 1024;
const MAX_TITLE = 500;
const MAX_ANCHORS = 64;
const MAX_PATH = 64;
const MAX_TIMESTAMPS = 8;
const MAX_TIMESTAMP = 64 * 1024;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const WORD = /^0x[0-9a-f]{64}$/;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;
const STAMPS = { rfc3161: "token", opentimestamps: "proof" };

/** Read a bundle's bytes into one object. Throws `proof_malformed`, `proof_format_unknown`. */
export function parseBundle(bytes) {
  const fields = readFields(bytes, MAX_BUNDLE_BYTES);
  if (fields.text("format", 40) !== FORMAT) {
    throw new Refused("proof_format_unknown", `This proof is not in the format ${FORMAT}; a newer Assay may read it.`);
  }
  const state = fields.text("state", 10);
  if (!["pending", "logged", "anchored", "final"].includes(state)) throw malformed("The proof has an unknown state.");
  const isLogged = state !== "pending";
  const bundle = {
    state,
    log: readLog(fields.within("log")),
    leaf: fields.binary("leaf", MAX_LEAF_BYTES),
    opening: readOpening(fields.within("opening")),
    index: fields.integer("index"),
    content: readContent(fields.within("content")),
    size: isLogged ? fields.integer("size") : null,
    inclusion: isLogged ? fields.hashes("inclusion", MAX_PATH) : [],
    checkpoint: isLogged ? fields.text("checkpoint", MAX_NOTE_BYTES) : null,
    anchors: fields.optional("anchors", (name) => fields.each(name, MAX_ANCHORS).map(readAnchor)) ?? [],
    store: fields.optional("store", (name) => fields.binary(name, MAX_STORE)) ?? null,
    timestamps: fields.optional("timestamps", (name) => fields.each(name, MAX_TIMESTAMPS).map(readTimestamp)) ?? [],
  };
  fields.done("anchors", "store", "timestamps");
  checkState(bundle, isLogged);
  return bundle;
}

function checkState(bundle, isLogged) {
  if (!isLogged && (bundle.anchors.length || bundle.timestamps.length)) {
    throw malformed("A pending proof has no anchor and no time stamp.");
  }
  if (["anchored", "final"].includes(bundle.state) !== bundle.anchors.length > 0) {
    throw malformed("A proof has anchors exactly where its state says so.");
  }
}

function readLog(fields) {
  const log = {
    origin: fields.text("origin", 200),
    vkey: fields.text("vkey", 400),
    registrations: fields.optional("registrations", (name) => fields.text(name, MAX_NOTE_BYTES)) ?? null,
  };
  fields.done("registrations");
  return log;
}

function readOpening(fields) {
  const salt = fields.binary("salt", 32), digests = fields.within("digests").strings(8, 64);
  fields.done();
  const areDigests = [...digests].every(([role, digest]) => ROLES.has(role) && isDigest(digest));
  if (salt.length !== 32 || digests.size === 0 || !areDigests) throw malformed("The proof's opening is malformed.");
  return { salt, digests };
}

function readContent(fields) {
  const content = {
    mediaType: fields.text("media_type", 127, MEDIA_TYPE),
    detached: fields.flag("detached"),
    title: fields.optional("title", (name) => fields.text(name, MAX_TITLE)) ?? null,
  };
  fields.done("title");
  if (content.title !== null && !isPrintable(content.title)) {
    throw malformed("The proof's title holds characters that cannot be printed.");
  }
  return content;
}

function readTimestamp(fields) {
  const type = fields.text("type", 40);
  if (!Object.hasOwn(STAMPS, type)) throw malformed("The proof has a time stamp of an unknown type.");
  const stamp = { type, bytes: fields.binary(STAMPS[type], MAX_TIMESTAMP) };
  fields.done();
  return stamp;
}

function readAnchor(fields) {
  const anchor = {
    chainId: fields.integer("chain_id"),
    registry: fields.text("registry", 42, ADDRESS),
    logId: fields.text("log_id", 66, WORD),
    size: fields.integer("size"),
    root: fields.binary("root", 32),
    transaction: fields.optional("transaction", (name) => fields.text(name, 66, WORD)),
    block: fields.optional("block", (name) => fields.integer(name)),
    blockHash: fields.optional("block_hash", (name) => fields.text(name, 66, WORD)),
    time: fields.optional("time", (name) => readTime(fields.text(name, 66, TIME))),
    evidence: fields.optional("evidence", (name) => readEvidence(fields.within(name))),
  };
  fields.done("transaction", "block", "block_hash", "time", "evidence");
  if (anchor.root.length !== 32) throw malformed("An anchor's root has 32 bytes.");
  if (anchor.evidence && (anchor.block === undefined || anchor.time === undefined)) {
    throw malformed("An anchor with evidence has its block and time.");
  }
  return anchor;
}

function readTime(text) {
  try {
    toSeconds(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw malformed("An anchor's time is no time.");
  }
  return text;
}

function readEvidence(fields) {
  const evidence = {
    block: fields.integer("block"),
    header: fields.binary("header", MAX_HEADER_BYTES),
    account: fields.binaries("account", MAX_NODES, MAX_NODE_BYTES),
    storage: fields.binaries("storage", MAX_NODES, MAX_NODE_BYTES),
    revocation: fields.optional("revocation", (name) => fields.binaries(name, MAX_NODES, MAX_NODE_BYTES)) ?? null,
  };
  fields.done("revocation");
  return evidence;
}
