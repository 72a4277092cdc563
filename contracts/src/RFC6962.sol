// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of a certificate-transparency log, over SHA-256
/// @notice Inclusion and consistency proofs of RFC 6962 section 2.1, checked with the algorithms of RFC 9162
/// sections 2.1.3.2 and 2.1.4.2. Every function answers false for a proof that does not add up; none reverts on
/// what a proof says.
/// @dev The loops are in assembly because they are most of what a checkpoint computes. Each works in 96 bytes past
/// the free memory pointer, which is left where it is: the byte before `left` holds the prefix 0x01 of an inner node,
/// so that the 65 bytes from there are what SHA-256 takes. Calldata is read without bounds checks, up to the end of
/// an array whose length Solidity has checked. tests/attest/registry fuzzes both against another implementation.
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
        returns (bool)
    {
        if (index >= size) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leafHash;
        assembly ("memory-safe") {
            function sha256Node(left) -> node {
                // Two conditions in two statements: within one, Yul evaluates the last argument first.
                let answered := staticcall(gas(), 2, sub(left, 1), 65, 0, 32)
                if iszero(and(answered, eq(returndatasize(), 32))) {
                    mstore(0, 0x86a9562d) // Sha256Unavailable()
                    revert(28, 4)
                }
                node := mload(0)
            }

            let left := add(mload(0x40), 32)
            let right := add(left, 32)
            mstore8(sub(left, 1), 1)
            let end := add(proof.offset, shl(5, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 32) } {
                if iszero(sn) {
                    // Nodes are left over: a value of sn that no valid proof ends with.
                    sn := 1
                    break
                }
                switch or(and(fn, 1), eq(fn, sn))
                case 0 {
                    mstore(left, r)
                    mstore(right, calldataload(at))
                    r := sha256Node(left)
                }
                default {
                    mstore(left, calldataload(at))
                    mstore(right, r)
                    r := sha256Node(left)
                    // A right border: skip the levels at which this node has no sibling. fn is not 0, since sn is not.
                    for {} iszero(and(fn, 1)) {} {
                        fn := shr(1, fn)
                        sn := shr(1, sn)
                    }
                }
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
        }
        return sn == 0 && r == root;
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
    ) internal view returns (bool) {
        if (first == 0 || first > second) return false;
        if (first == second) return proof.length == 0 && firstRoot == secondRoot;
        if (proof.length == 0) return false;

        uint256 fn = first - 1;
        uint256 sn = second - 1;
        bytes32 fr;
        bytes32 sr;
        assembly ("memory-safe") {
            function sha256Node(left) -> node {
                let answered := staticcall(gas(), 2, sub(left, 1), 65, 0, 32)
                if iszero(and(answered, eq(returndatasize(), 32))) {
                    mstore(0, 0x86a9562d) // Sha256Unavailable()
                    revert(28, 4)
                }
                node := mload(0)
            }

            for {} and(fn, 1) {} {
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            let left := add(mload(0x40), 32)
            let right := add(left, 32)
            mstore8(sub(left, 1), 1)
            let at := proof.offset
            let end := add(at, shl(5, proof.length))
            // A complete first tree is itself the path's first node, and is left out of the proof.
            switch fn
            case 0 { fr := firstRoot }
            default {
                fr := calldataload(at)
                at := add(at, 32)
            }
            sr := fr
            for {} lt(at, end) { at := add(at, 32) } {
                if iszero(sn) {
                    sn := 1
                    break
                }
                switch or(and(fn, 1), eq(fn, sn))
                case 0 {
                    mstore(left, sr)
                    mstore(right, calldataload(at))
                    sr := sha256Node(left)
                }
                default {
                    mstore(left, calldataload(at))
                    mstore(right, fr)
                    fr := sha256Node(left)
                    mstore(right, sr)
                    sr := sha256Node(left)
                    for {} iszero(or(and(fn, 1), iszero(fn))) {} {
                        fn := shr(1, fn)
                        sn := shr(1, sn)
                    }
                }
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
        }
        return sn == 0 && fr == firstRoot && sr == secondRoot;
    }
}
