// The registries that evidence may come from, by keccak256 of their code, and the slots of two of their mappings.
// From contracts/artifacts/AssayRegistry.json (`runtimeKeccak256`, `storage`); a test holds them equal.

export const REGISTRIES = new Map([
  ["1ae2f6640ec9ed43fec472ed99ffb8c67010f49896b081bcc08ea9d13bfd0a1b", { anchored: 3, revokedWord: 4 }],
  ["fef2a55137b66ba0d4efa92997c903a95a1fa46a2665c6a322c0ee8e412d4cb6", { anchored: 3, revokedWord: 4 }],
]);
