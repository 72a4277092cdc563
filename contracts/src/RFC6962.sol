// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of a certificate-transparency log, over SHA-256
/// @notice Inclusion and consistency proofs of RFC 6962 section 2.1, checked with the algorithms of RFC 9162
/// sections 2.1.3.2 and 2.1.4.2. Every function answers false for a proof that does not add up; none reverts on
/// what a proof says.
/// @dev The loops are in assembly because they are most of what a checkpoint computes. How many nodes a proof must
/// have follows from the two numbers alone, so they read that many, unchecked (at most 64 words of calldata, whatever
/// lies there), and only then ask whether the proof ended there too. Nodes are hashed in temporary memory past the
/// free pointer, in lanes of 96 bytes: 31 unused, the prefix 0x01 of an inner node, the left child, the right child.
/// A lane's result is written over its right child, where the next step mostly wants it.
library RFC6962 {
    /// @notice SHA-256's precompile did not answer: this chain cannot check a proof.
    error Sha256Unavailable();

    /// @notice Is `leafHash` the leaf at `index` of the tree of `size` leaves whose root is `root`?
    /// @param leafHash SHA-256(0x00 || leaf), the leaf's hash and not the leaf
    /// @param index the leaf's number, from 0
    /// @param size leaves in the tree
    /// @param root the tree's root
    /// @param proof the siblings on the way to the root, the leaf's own first
    function includes(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        view
        returns (bool proven)
    {
        if (index >= size) return false;
        // Widened here and not in assembly, which must not count on what lies above the 64 bits.
        uint256 fn = index;
        uint256 sn = size - 1;
        assembly ("memory-safe") {
            let left := add(mload(0x40), 32)
            let right := add(left, 32)
            let lane := sub(left, 1)
            mstore8(lane, 1)
            mstore(right, leafHash)
            let at := proof.offset
            let hashed := 1
            for {} xor(fn, sn) {} {
                switch and(fn, 1)
                case 0 {
                    mstore(left, mload(right))
                    mstore(right, calldataload(at))
                }
                default { mstore(left, calldataload(at)) }
                hashed := and(staticcall(gas(), 2, lane, 65, right, 32), hashed)
                at := add(at, 32)
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            // The right border: a node has a sibling here, to its left, only where its number is odd.
            for {} fn { fn := shr(1, fn) } {
                if and(fn, 1) {
                    mstore(left, calldataload(at))
                    hashed := and(staticcall(gas(), 2, lane, 65, right, 32), hashed)
                    at := add(at, 32)
                }
            }
            // A missing precompile is an address without code: calls to it succeed, and return nothing.
            if iszero(or(eq(at, proof.offset), and(hashed, eq(returndatasize(), 32)))) {
                mstore(0, 0x86a9562d) // Sha256Unavailable()
                revert(28, 4)
            }
            proven := and(eq(at, add(proof.offset, shl(5, proof.length))), eq(mload(right), root))
        }
    }

    /// @notice Is the tree (`first`, `firstRoot`) a prefix of the tree (`second`, `secondRoot`)?
    /// @dev The empty tree is a prefix of every tree but proves nothing, so `first` of 0 is false here.
    /// @param first leaves in the older tree
    /// @param firstRoot its root
    /// @param second leaves in the newer tree
    /// @param secondRoot its root
    /// @param proof the nodes of RFC 6962 section 2.1.2, lowest first; none if the trees are the same
    function isConsistent(
        uint64 first,
        bytes32 firstRoot,
        uint64 second,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) internal view returns (bool proven) {
        if (first == 0 || first > second) return false;
        if (first == second) return proof.length == 0 && firstRoot == secondRoot;
        uint256 fn = first - 1;
        uint256 sn = second - 1;
        assembly ("memory-safe") {
            // Up to the root of the largest complete subtree that ends where the first tree ends.
            for {} and(fn, 1) {} {
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            // One lane leads to the first root, the other to the second; they begin at the same node.
            let left := add(mload(0x40), 32)
            let right := add(left, 32)
            let lane := sub(left, 1)
            let left2 := add(left, 96)
            let right2 := add(right, 96)
            let lane2 := add(lane, 96)
            mstore8(lane, 1)
            mstore8(lane2, 1)
            let at := proof.offset
            // A first tree that is complete is itself that node, and is left out of the proof.
            switch fn
            case 0 { mstore(right, firstRoot) }
            default {
                mstore(right, calldataload(at))
                at := add(at, 32)
            }
            mstore(right2, mload(right))
            let hashed := 1
            // At least once: fn was smaller than sn, and shifting a one off fn leaves it so.
            for {} xor(fn, sn) {} {
                switch and(fn, 1)
                case 0 {
                    mstore(left2, mload(right2))
                    mstore(right2, calldataload(at))
                }
                default {
                    let node := calldataload(at)
                    mstore(left, node)
                    mstore(left2, node)
                    hashed := and(staticcall(gas(), 2, lane, 65, right, 32), hashed)
                }
                hashed := and(staticcall(gas(), 2, lane2, 65, right2, 32), hashed)
                at := add(at, 32)
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            // The right border: a node has a sibling here, to its left, only where its number is odd.
            for {} fn { fn := shr(1, fn) } {
                if and(fn, 1) {
                    let node := calldataload(at)
                    mstore(left, node)
                    mstore(left2, node)
                    hashed := and(staticcall(gas(), 2, lane, 65, right, 32), hashed)
                    hashed := and(staticcall(gas(), 2, lane2, 65, right2, 32), hashed)
                    at := add(at, 32)
                }
            }
            // A missing precompile is an address without code: calls to it succeed, and return nothing.
            if iszero(and(hashed, eq(returndatasize(), 32))) {
                mstore(0, 0x86a9562d) // Sha256Unavailable()
                revert(28, 4)
            }
            proven := and(
                eq(at, add(proof.offset, shl(5, proof.length))),
                and(eq(mload(right), firstRoot), eq(mload(right2), secondRoot))
            )
        }
    }
}
