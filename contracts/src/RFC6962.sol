// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of a certificate-transparency log, over SHA-256
/// @notice Inclusion and consistency proofs of RFC 6962 section 2.1, checked with the algorithms of RFC 9162
/// sections 2.1.3.2 and 2.1.4.2. Every function answers false for a proof that does not add up; none reverts on
/// what a proof says.
library RFC6962 {
    /// @notice SHA-256's precompile did not answer: this chain cannot check a proof.
    error Sha256Unavailable();

    /// @notice Is `leafHash` the leaf at `index` of the tree of `size` leaves whose root is `root`?
    /// @param leafHash SHA-256(0x00 || leaf), the leaf's hash and not the leaf
    function includes(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            bytes32 node = nodeAt(proof, i);
            if (fn & 1 == 1 || fn == sn) {
                r = hashChildren(node, r);
                // A left border: skip the levels at which this node has no sibling. fn is not 0 here, since sn is not.
                while (fn & 1 == 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                r = hashChildren(r, node);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && r == root;
    }

    /// @notice Is the tree (`first`, `firstRoot`) a prefix of the tree (`second`, `secondRoot`)?
    /// @dev The empty tree is a prefix of every tree but proves nothing, so `first` of 0 is false here.
    function isConsistent(
        uint64 first,
        bytes32 firstRoot,
        uint64 second,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (first == 0 || first > second) return false;
        if (first == second) return proof.length == 0 && firstRoot == secondRoot;
        if (proof.length == 0) return false;

        uint256 fn = first - 1;
        uint256 sn = second - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // A complete first tree is itself the path's first node, and is left out of the proof.
        uint256 i = fn == 0 ? 0 : 1;
        bytes32 fr = fn == 0 ? firstRoot : proof[0];
        bytes32 sr = fr;
        for (; i < proof.length; ++i) {
            if (sn == 0) return false;
            bytes32 node = nodeAt(proof, i);
            if (fn & 1 == 1 || fn == sn) {
                (fr, sr) = hashBoth(node, fr, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = hashChildren(sr, node);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == firstRoot && sr == secondRoot;
    }

    /// @dev Without the bounds check: every caller's `i` is below the proof's length.
    function nodeAt(bytes32[] calldata proof, uint256 i) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            node := calldataload(add(proof.offset, shl(5, i)))
        }
    }

    /// @notice SHA-256(0x01 || left || right), an inner node
    function hashChildren(bytes32 left, bytes32 right) internal view returns (bytes32 node) {
        assembly ("memory-safe") {
            // Past the free pointer, which is left where it is: the 65 bytes are needed for this one call only.
            let m := mload(0x40)
            mstore8(m, 1)
            mstore(add(m, 1), left)
            mstore(add(m, 33), right)
            // Two conditions in two statements: within one, Yul evaluates the last argument first.
            let answered := staticcall(gas(), 2, m, 65, 0, 32)
            if iszero(and(answered, eq(returndatasize(), 32))) {
                mstore(0, 0x86a9562d) // Sha256Unavailable()
                revert(28, 4)
            }
            node := mload(0)
        }
    }

    /// @notice `hashChildren(left, a)` and `hashChildren(left, b)`, cheaper than apart
    function hashBoth(bytes32 left, bytes32 a, bytes32 b) private view returns (bytes32 nodeA, bytes32 nodeB) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore8(m, 1)
            mstore(add(m, 1), left)
            mstore(add(m, 33), a)
            let answered := staticcall(gas(), 2, m, 65, 0, 32)
            answered := and(answered, eq(returndatasize(), 32))
            nodeA := mload(0)
            mstore(add(m, 33), b)
            answered := and(staticcall(gas(), 2, m, 65, 0, 32), answered)
            if iszero(and(answered, eq(returndatasize(), 32))) {
                mstore(0, 0x86a9562d) // Sha256Unavailable()
                revert(28, 4)
            }
            nodeB := mload(0)
        }
    }
}
