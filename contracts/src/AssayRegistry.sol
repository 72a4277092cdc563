// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RFC6962} from "./RFC6962.sol";

/// @title Assay registry: checkpoints of append-only logs, one storage slot each
/// @notice Anyone may register a log and anchor its checkpoints here. Each checkpoint must be proved, on chain, to
/// extend the one before it, so an operator who rewrites, forks or shortens a log can no longer anchor it.
/// @dev No owner, no proxy, no fee, no pause: nobody, its deployer included, can change what was anchored. All that a
/// verifier needs is in storage (provable by eth_getProof); events are only a convenience, since nodes may drop them.
contract AssayRegistry {
    /// @notice What the registry knows of one log.
    /// @param controller may rotate the key, name submitters and hand the log over
    /// @param size leaves in the last anchored checkpoint, 0 before the first
    /// @param root RFC 6962 root of that checkpoint
    /// @param vkey the Ed25519 public key that signs the log's checkpoints today (C2SP signed note, type 0x01)
    struct Log {
        address controller;
        uint64 size;
        bytes32 root;
        bytes32 vkey;
        address heir;
        string origin;
        string endpoint;
    }

    /// @notice When a log's key was in use, in Unix seconds; `until` of 0 means still.
    struct KeyPeriod {
        uint64 since;
        uint64 until;
    }

    error LogExists(bytes32 logId);
    error LogUnknown(bytes32 logId);
    error NotController(bytes32 logId, address caller);
    error NotSubmitter(bytes32 logId, address caller);
    error EmptyCheckpoint();
    error EmptyKey();
    error KeyUsedBefore(bytes32 vkey);
    error Shrinking(uint64 lastSize, uint64 size);
    error Equivocation(uint64 size, bytes32 lastRoot, bytes32 root);
    error Inconsistent(uint64 lastSize, uint64 size);
    error SignatureExpired(uint256 deadline);
    error SignatureInvalid();
    error LengthMismatch();

    event LogRegistered(bytes32 indexed logId, address indexed owner, string origin, bytes32 vkey);
    event KeyRotated(bytes32 indexed logId, bytes32 vkey);
    event EndpointSet(bytes32 indexed logId, string endpoint);
    event SubmitterSet(bytes32 indexed logId, address indexed submitter, bool allowed);
    event HandoverProposed(bytes32 indexed logId, address indexed heir);
    event HandoverAccepted(bytes32 indexed logId, address indexed controller);
    event Checkpointed(bytes32 indexed logId, uint64 size, bytes32 root);
    event Revoked(bytes32 indexed logId, uint256 indexed word, uint256 bits);

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CHECKPOINT_TYPEHASH =
        keccak256("Checkpoint(bytes32 logId,uint64 size,bytes32 root,uint256 deadline)");

    mapping(bytes32 logId => Log) private _logs;
    mapping(bytes32 logId => mapping(address => bool)) public isSubmitter;
    mapping(bytes32 logId => mapping(bytes32 vkey => KeyPeriod)) public keyPeriod;
    /// @dev keccak256(abi.encode(logId, size, root)) => time | block number << 64; 0 means never anchored.
    mapping(bytes32 checkpointId => uint256) private _anchored;
    /// @notice 256 revocation bits: leaf `index` is bit `index % 256` of word `index / 256`.
    mapping(bytes32 logId => mapping(uint256 word => uint256)) public revokedWord;

    modifier onlyController(bytes32 logId) {
        if (_logs[logId].controller != msg.sender) revert NotController(logId, msg.sender);
        _;
    }

    // ------------------------------------------------------------------ logs and their keys

    /// @notice The name of a log: nobody can register another's, on any chain.
    function logIdOf(address owner, string calldata origin) public pure returns (bytes32) {
        return keccak256(abi.encode(owner, origin));
    }

    /// @notice Register the caller's log `origin` (the checkpoint's first line) with its Ed25519 key.
    function register(string calldata origin, bytes32 vkey) external returns (bytes32 logId) {
        logId = logIdOf(msg.sender, origin);
        Log storage log = _logs[logId];
        // The key and not the controller: it is never zero again, whoever holds the log later.
        if (log.vkey != 0) revert LogExists(logId);
        log.controller = msg.sender;
        log.origin = origin;
        _useKey(logId, log, vkey);
        emit LogRegistered(logId, msg.sender, origin, vkey);
    }

    /// @notice Retire the log's key and use another. A retired key cannot come back.
    function rotateKey(bytes32 logId, bytes32 vkey) external onlyController(logId) {
        Log storage log = _logs[logId];
        keyPeriod[logId][log.vkey].until = uint64(block.timestamp);
        _useKey(logId, log, vkey);
        emit KeyRotated(logId, vkey);
    }

    /// @notice Where the log's tiles and manifests are served, for those who look up from the chain.
    function setEndpoint(bytes32 logId, string calldata endpoint) external onlyController(logId) {
        _logs[logId].endpoint = endpoint;
        emit EndpointSet(logId, endpoint);
    }

    /// @notice Let another address anchor and revoke for this log, or stop it from doing so.
    function setSubmitter(bytes32 logId, address submitter, bool allowed) external onlyController(logId) {
        isSubmitter[logId][submitter] = allowed;
        emit SubmitterSet(logId, submitter, allowed);
    }

    /// @notice First step of handing the log over; the log's id does not change. The zero address takes it back.
    function proposeHandover(bytes32 logId, address heir) external onlyController(logId) {
        _logs[logId].heir = heir;
        emit HandoverProposed(logId, heir);
    }

    /// @notice Second step, by the heir: a log can so never be handed to an address that nobody holds.
    function acceptHandover(bytes32 logId) external {
        Log storage log = _logs[logId];
        if (msg.sender != log.heir) revert NotController(logId, msg.sender);
        log.controller = msg.sender;
        log.heir = address(0);
        emit HandoverAccepted(logId, msg.sender);
    }

    // ------------------------------------------------------------------ checkpoints

    /// @notice Anchor a checkpoint that `proof` shows to extend the last one (RFC 6962 section 2.1.2).
    /// @dev The first checkpoint takes an empty proof. Anchoring the last one again changes nothing and succeeds, so
    /// that a sender who does not know whether its transaction landed may repeat it.
    function checkpoint(bytes32 logId, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        Log storage log = _logs[logId];
        _requireSubmitter(logId, log, msg.sender);
        _append(logId, log, size, root, proof);
    }

    /// @notice As `checkpoint`, sent by anybody who holds a submitter's EIP-712 signature.
    /// @dev No nonce: a repeated signature can only repeat the last checkpoint, and an older one is `Shrinking`.
    function checkpointBySig(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901",
                domainSeparator(),
                keccak256(abi.encode(CHECKPOINT_TYPEHASH, logId, size, root, deadline))
            )
        );
        address signer = ecrecover(digest, v, r, s);
        if (signer == address(0)) revert SignatureInvalid();
        Log storage log = _logs[logId];
        _requireSubmitter(logId, log, signer);
        _append(logId, log, size, root, proof);
    }

    /// @notice The EIP-712 domain, from the live chain id: a signature does not outlive a fork of the chain.
    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("AssayRegistry"), keccak256("1"), block.chainid, address(this))
        );
    }

    // ------------------------------------------------------------------ revocations

    /// @notice Set revocation bits, a word of 256 leaves at a time. A bit set is never cleared.
    function revoke(bytes32 logId, uint256[] calldata words, uint256[] calldata bits) external {
        _requireSubmitter(logId, _logs[logId], msg.sender);
        if (words.length != bits.length) revert LengthMismatch();
        for (uint256 i = 0; i < words.length; ++i) {
            revokedWord[logId][words[i]] |= bits[i];
            emit Revoked(logId, words[i], bits[i]);
        }
    }

    /// @notice Has the leaf at `index` been revoked?
    function isRevoked(bytes32 logId, uint64 index) public view returns (bool) {
        return (revokedWord[logId][index >> 8] >> (index & 255)) & 1 == 1;
    }

    // ------------------------------------------------------------------ what a verifier reads

    /// @notice Block number and time (Unix seconds) at which exactly this checkpoint was anchored; 0, 0 if never.
    function anchoredAt(bytes32 logId, uint64 size, bytes32 root)
        public
        view
        returns (uint64 blockNumber, uint64 time)
    {
        uint256 packed = _anchored[keccak256(abi.encode(logId, size, root))];
        return (uint64(packed >> 64), uint64(packed));
    }

    /// @notice The last checkpoint anchored for a log; size 0 if there is none.
    function last(bytes32 logId) external view returns (uint64 size, bytes32 root) {
        Log storage log = _logs[logId];
        return (log.size, log.root);
    }

    /// @notice All that is known of a log; `controller` is zero for one that was never registered.
    function logOf(bytes32 logId) external view returns (Log memory) {
        return _logs[logId];
    }

    /// @notice The whole check in one call: the leaf is in a checkpoint that was anchored, and is not revoked.
    /// @param leafHash SHA-256(0x00 || leaf)
    /// @return included the inclusion proof leads to an anchored root
    /// @return revoked the leaf's revocation bit, whether or not it is included
    /// @return blockNumber where that root was anchored, 0 if it never was
    /// @return time when, in Unix seconds: the leaf existed before it, which does not say who made it
    function verify(
        bytes32 logId,
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external view returns (bool included, bool revoked, uint64 blockNumber, uint64 time) {
        (blockNumber, time) = anchoredAt(logId, size, root);
        included = time != 0 && RFC6962.includes(leafHash, index, size, root, proof);
        revoked = isRevoked(logId, index);
    }

    /// @notice RFC 6962 inclusion, for other contracts and for tests against other implementations.
    function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return RFC6962.includes(leafHash, index, size, root, proof);
    }

    /// @notice RFC 6962 consistency, for other contracts and for tests against other implementations.
    function verifyConsistency(
        uint64 first,
        bytes32 firstRoot,
        uint64 second,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return RFC6962.isConsistent(first, firstRoot, second, secondRoot, proof);
    }

    /// @notice What lives at this address, for a look-up that starts from nothing but the address.
    function describe()
        external
        pure
        returns (string memory name, string memory version, string memory tree, string memory note)
    {
        return ("AssayRegistry", "1", "RFC 6962 SHA-256", "https://c2sp.org/tlog-checkpoint");
    }

    // ------------------------------------------------------------------ internals

    function _useKey(bytes32 logId, Log storage log, bytes32 vkey) private {
        if (vkey == 0) revert EmptyKey();
        KeyPeriod storage period = keyPeriod[logId][vkey];
        if (period.since != 0) revert KeyUsedBefore(vkey);
        period.since = uint64(block.timestamp);
        log.vkey = vkey;
    }

    function _requireSubmitter(bytes32 logId, Log storage log, address caller) private view {
        address controller = log.controller;
        if (controller == address(0)) revert LogUnknown(logId);
        // The controller first: it spares the usual sender a cold storage read.
        if (controller != caller && !isSubmitter[logId][caller]) revert NotSubmitter(logId, caller);
    }

    function _append(bytes32 logId, Log storage log, uint64 size, bytes32 root, bytes32[] calldata proof) private {
        if (size == 0) revert EmptyCheckpoint();
        uint64 lastSize = log.size;
        if (size < lastSize) revert Shrinking(lastSize, size);
        if (lastSize != 0) {
            bytes32 lastRoot = log.root;
            if (size == lastSize) {
                if (root != lastRoot) revert Equivocation(size, lastRoot, root);
                return;
            }
            if (!RFC6962.isConsistent(lastSize, lastRoot, size, root, proof)) revert Inconsistent(lastSize, size);
        }
        log.size = size;
        log.root = root;
        _anchored[keccak256(abi.encode(logId, size, root))] = uint64(block.timestamp) | (block.number << 64);
        emit Checkpointed(logId, size, root);
    }
}
