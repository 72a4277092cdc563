// How far a proof's anchors can be believed without asking a chain: by evidence under a pinned block hash, or not.

import { sameBytes } from "./bytes.mjs";
import { checkEvidence } from "./evidence.mjs";
import { pinnedLogIds } from "./pins.mjs";
import { Refused } from "./refused.mjs";
import { openRegistrations } from "./registrations.mjs";

const LOCAL_CHAINS = new Set([1337, 31337]);

/**
 * Check every anchor: `{anchors, revoked, problems}`. Each anchor is `{chainId, registry, block, time, transaction,
 * finality: "final" | "unchecked", trust: "public" | "none" | "unchecked", revoked, evidenceHash}`.
 * A revocation that any evidence shows counts, pinned or not.
 * Throws `anchor_mismatch`, `log_id_mismatch`, `registrations_invalid`, `evidence_invalid`, `evidence_code_unknown`.
 */
export async function checkAnchors(bundle, checkpoint, key, pins) {
  const problems = new Problems();
  for (const anchor of bundle.anchors) {
    if (BigInt(anchor.size) !== checkpoint.size || !sameBytes(anchor.root, checkpoint.root)) {
      throw new Refused("anchor_mismatch", "An anchor is of another checkpoint.");
    }
  }
  await checkLogIds(bundle, key, pins, problems);
  if (bundle.anchors.length === 0) {
    problems.say("not_anchored", "The proof names no chain: its time is the operator's word.");
    return { anchors: [], revoked: false, problems: problems.list };
  }
  const anchors = bundle.anchors.map((anchor) => checkAnchor(anchor, bundle.index, pins, problems));
  const checked = anchors.filter((anchor) => anchor.finality !== "unchecked");
  if (checked.length && anchors.every((anchor) => anchor.trust === "none")) {
    problems.say("local_chain", "The only chain is a local one, which its operator can rewrite.");
  }
  return { anchors, revoked: anchors.some((anchor) => anchor.revoked === true), problems: problems.list };
}

/** Codes and sentences, each pair once. */
class Problems {
  list = [];

  say(code, sentence) {
    if (!this.list.some((each) => each.code === code && each.sentence === sentence)) this.list.push({ code, sentence });
  }
}

/** Anchors under a stranger's id would hide revocations: who says that the ids are this log's? */
async function checkLogIds(bundle, key, pins, problems) {
  const { registrations } = bundle.log;
  const signed = registrations === null ? new Set() : await openRegistrations(registrations, key);
  const pinned = pinnedLogIds(pins, key.name);
  const areAllIn = (known) => bundle.anchors.every((anchor) => known.has(anchor.logId));
  if (pinned.size && !areAllIn(pinned)) {
    throw new Refused("log_id_mismatch", "An anchor is under another log's id than the pinned one.");
  }
  if (!pinned.size && !areAllIn(signed)) {
    const sentence = "The log's key does not vouch for the id of its anchors: revocations could be under another.";
    problems.say("log_id_unbound", sentence);
  }
}

function checkAnchor(anchor, index, pins, problems) {
  const isLocal = LOCAL_CHAINS.has(anchor.chainId);
  const shown = anchor.evidence ? checkEvidence(anchor, index) : null;
  const isPinned = shown !== null && pins.blockHashes.has(`${anchor.chainId}:${shown.blockHash}`);
  if (isPinned && shown.revoked === null) {
    problems.say("revocation_unchecked", "The proof's evidence does not say whether the leaf was revoked.");
  } else if (shown && !isPinned) {
    const block = `block ${anchor.evidence.block} of chain ${anchor.chainId}`;
    problems.say("block_not_pinned", `The evidence adds up; pin the hash of ${block} to believe it.`);
  } else if (!shown) {
    problems.say("anchor_unchecked", "The anchors were not looked up on their chains.");
  }
  return {
    chainId: anchor.chainId,
    registry: anchor.registry,
    block: anchor.block ?? null,
    time: anchor.time ?? null,
    transaction: anchor.transaction ?? null,
    // Whoever pins a block says that it stays.
    finality: isPinned ? "final" : "unchecked",
    trust: isLocal ? "none" : isPinned ? "public" : "unchecked",
    revoked: shown?.revoked ?? null,
    evidenceBlock: anchor.evidence?.block ?? null,
    evidenceHash: shown?.blockHash ?? null,
  };
}
