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
    /// @param heir who may accept the log, zero while no handover is under way
    /// @param origin the checkpoints' first line
    /// @param endpoint where the log is served, empty if nobody said so
    struct Log {
        address controller;
        uint64 size;
        bytes32 root;
        bytes32 vkey;
        address heir;
        string origin;
        string endpoint;
    }

    /// @notice When a log's key was in use, in Unix seconds.
    /// @param since when it came into use, 0 if it never did
    /// @param until when it was retired, 0 while it is in use
    struct KeyPeriod {
        uint64 since;
        uint64 until;
    }

    /// @notice The caller has registered a log of this origin before.
    error LogExists(bytes32 logId);
    /// @notice Nobody registered this log.
    error LogUnknown(bytes32 logId);
    /// @notice Only the log's controller (or, to accept it, its heir) may do this.
    error NotController(bytes32 logId, address caller);
    /// @notice Neither the log's controller nor one of its submitters.
    error NotSubmitter(bytes32 logId, address caller);
    /// @notice A checkpoint of no leaves says nothing.
    error EmptyCheckpoint();
    /// @notice Zero is no key.
    error EmptyKey();
    /// @notice A key that this log has used, now or before, cannot be taken into use again.
    error KeyUsedBefore(bytes32 vkey);
    /// @notice The log would become smaller than it was anchored.
    error Shrinking(uint64 lastSize, uint64 size);
    /// @notice The same size was anchored with another root.
    error Equivocation(uint64 size, bytes32 lastRoot, bytes32 root);
    /// @notice The proof does not show that the new tree extends the last one.
    error Inconsistent(uint64 lastSize, uint64 size);
    /// @notice The signature was good until `deadline`, in Unix seconds.
    error SignatureExpired(uint256 deadline);
    /// @notice No address made this signature, or it is the second form that ECDSA allows of one.
    error SignatureInvalid();
    /// @notice Two arrays that belong together differ in length.
    error LengthMismatch();

    /// @notice A log was registered by `owner`, from whose address and `origin` its id is made.
    event LogRegistered(bytes32 indexed logId, address indexed owner, string origin, bytes32 vkey);
    /// @notice The log's checkpoints are signed with `vkey` from now on.
    event KeyRotated(bytes32 indexed logId, bytes32 vkey);
    /// @notice The log is served at `endpoint`.
    event EndpointSet(bytes32 indexed logId, string endpoint);
    /// @notice `submitter` may, or may no longer, anchor and revoke for the log.
    event SubmitterSet(bytes32 indexed logId, address indexed submitter, bool allowed);
    /// @notice `heir` may accept the log; zero takes the offer back.
    event HandoverProposed(bytes32 indexed logId, address indexed heir);
    /// @notice The log has a new controller.
    event HandoverAccepted(bytes32 indexed logId, address indexed controller);
    /// @notice A checkpoint was anchored.
    event Checkpointed(bytes32 indexed logId, uint64 size, bytes32 root);
    /// @notice `bits` of revocation word `word` were set; they may have been set before.
    event Revoked(bytes32 indexed logId, uint256 indexed word, uint256 bits);
    /// @notice ERC-7053: `recorder` says `commitData` of the asset with content identifier `assetCid`.
    event Commit(address indexed recorder, string indexed assetCid, string commitData);
    /// @notice C2PA federated look-up: where the manifest of a soft binding is found.
    /// @param binding keccak256 of the soft binding's value in base64, as text
    /// @param logId the log whose submitter says so
    /// @param message JSON, `{"endpoints": [URI of a Soft Binding Resolution API, ...], "manifestId": optional}`
    event SoftBindingPublished(bytes32 indexed binding, bytes32 indexed logId, string message);

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant CHECKPOINT_TYPEHASH =
        keccak256("Checkpoint(bytes32 logId,uint64 size,bytes32 root,uint256 deadline)");
    /// @dev Half of secp256k1's order: of the two signatures (s and order - s), only the smaller is taken (EIP-2).
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    mapping(bytes32 logId => Log) private _logs;
    /// @notice Who, besides the controller, may anchor and revoke for a log.
    mapping(bytes32 logId => mapping(address submitter => bool)) public isSubmitter;
    /// @notice When each key of a log was in use: no key ever used is forgotten.
    mapping(bytes32 logId => mapping(bytes32 vkey => KeyPeriod)) public keyPeriod;
    /// @dev keccak256(abi.encode(logId, size, root)) => time | block number << 64; 0 means never anchored.
    mapping(bytes32 checkpointId => uint256) private _anchored;
    /// @notice 256 revocation bits: leaf `index` is bit `index % 256` of word `index / 256`.
    mapping(bytes32 logId => mapping(uint256 word => uint256)) public revokedWord;

    /// @dev Reverts with NotController, also for a log that nobody registered.
    modifier onlyController(bytes32 logId) {
        if (_logs[logId].controller != msg.sender) revert NotController(logId, msg.sender);
        _;
    }

    // ------------------------------------------------------------------ logs and their keys

    /// @notice The name of a log: nobody can register another's, on any chain.
    /// @param owner who registers it
    /// @param origin the first line of its checkpoints (C2SP tlog-checkpoint)
    function logIdOf(address owner, string calldata origin) public pure returns (bytes32) {
        return keccak256(abi.encode(owner, origin));
    }

    /// @notice Register the caller's log `origin` (the checkpoint's first line) with its Ed25519 key.
    /// @param origin the first line of its checkpoints (C2SP tlog-checkpoint)
    /// @param vkey the 32-byte Ed25519 public key that signs them
    /// @return logId keccak256(abi.encode(caller, origin))
    function register(string calldata origin, bytes32 vkey) external returns (bytes32 logId) {
        logId = logIdOf(msg.sender, origin);
        Log storage log = _logs[logId];
        // The key and not the controller, which a handover changes: a registered log's key is never zero again.
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
    /// @param logId whose checkpoint
    /// @param size leaves in it
    /// @param root its RFC 6962 root
    /// @param proof consistency proof from the last anchored size to `size`
    function checkpoint(bytes32 logId, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        Log storage log = _logs[logId];
        _requireSubmitter(logId, log, msg.sender);
        _append(logId, log, size, root, proof);
    }

    /// @notice `checkpoint`, and an ERC-7053 `Commit` for each asset named: for indexers that follow that ERC.
    /// @dev Opt-in, checkpoint by checkpoint: `checkpoint` itself emits none, and pays nothing for it. The events stand
    /// in the same receipt as `Checkpointed`; like ERC-7053's they are not stored, and no proof depends on them.
    /// @param logId whose checkpoint
    /// @param size leaves in it
    /// @param root its RFC 6962 root
    /// @param proof consistency proof from the last anchored size to `size`
    /// @param assetCids content identifiers (CIDs) of assets in the checkpoint
    /// @param commitData what is said of each of them, as many as there are CIDs
    function checkpointWithCommits(
        bytes32 logId,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        string[] calldata assetCids,
        string[] calldata commitData
    ) external {
        if (assetCids.length != commitData.length) revert LengthMismatch();
        Log storage log = _logs[logId];
        _requireSubmitter(logId, log, msg.sender);
        _append(logId, log, size, root, proof);
        for (uint256 i = 0; i < assetCids.length; ++i) {
            emit Commit(msg.sender, assetCids[i], commitData[i]);
        }
    }

    /// @notice As `checkpoint`, sent by anybody who holds a submitter's EIP-712 signature.
    /// @dev No nonce: a repeated signature can only repeat the last checkpoint, and an older one is `Shrinking`.
    /// @param logId whose checkpoint
    /// @param size leaves in it
    /// @param root its RFC 6962 root
    /// @param proof consistency proof; not signed, since only one can fit
    /// @param deadline Unix seconds after which the signature is worth nothing
    /// @param v 27 or 28
    /// @param r first half of the signature
    /// @param s second half, at most half of the curve's order
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
        if (signer == address(0) || uint256(s) > HALF_ORDER) revert SignatureInvalid();
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
    /// @param logId whose leaves
    /// @param words numbers of words: leaf `index` is in word `index / 256`
    /// @param bits what to set in each, as many as there are words
    function revoke(bytes32 logId, uint256[] calldata words, uint256[] calldata bits) external {
        _requireSubmitter(logId, _logs[logId], msg.sender);
        if (words.length != bits.length) revert LengthMismatch();
        for (uint256 i = 0; i < words.length; ++i) {
            revokedWord[logId][words[i]] |= bits[i];
            emit Revoked(logId, words[i], bits[i]);
        }
    }

    // ------------------------------------------------------------------ for indexers, stored nowhere

    /// @notice ERC-7053: say something of an asset. Anybody may; the event names who did.
    /// @dev Unlike the ERC's reference implementation this keeps no list of block numbers: the event holds them.
    /// @param assetCid content identifier (CID) of the asset
    /// @param commitData what is said of it
    /// @return blockNumber the block of the event
    function commit(string calldata assetCid, string calldata commitData) external returns (uint256 blockNumber) {
        emit Commit(msg.sender, assetCid, commitData);
        return block.number;
    }

    /// @notice Publish where the manifests of these soft bindings are found, for those who have nothing but the content.
    /// @param logId the log that vouches for it; the caller is its controller or submitter
    /// @param bindings keccak256 of each soft binding's value in base64, as text
    /// @param message JSON that `describe` gives the schema of, the same for all of them
    function publishSoftBindings(bytes32 logId, bytes32[] calldata bindings, string calldata message) external {
        _requireSubmitter(logId, _logs[logId], msg.sender);
        for (uint256 i = 0; i < bindings.length; ++i) {
            emit SoftBindingPublished(bindings[i], logId, message);
        }
    }

    // ------------------------------------------------------------------ what a verifier reads

    /// @notice Has the leaf at `index` been revoked?
    /// @param logId whose leaf
    /// @param index the leaf's number, from 0
    function isRevoked(bytes32 logId, uint64 index) public view returns (bool) {
        return (revokedWord[logId][index >> 8] >> (index & 255)) & 1 == 1;
    }

    /// @notice Block number and time (Unix seconds) at which exactly this checkpoint was anchored; 0, 0 if never.
    /// @param logId whose checkpoint
    /// @param size leaves in it
    /// @param root its RFC 6962 root
    /// @return blockNumber the block of the transaction
    /// @return time that block's
    function anchoredAt(bytes32 logId, uint64 size, bytes32 root)
        public
        view
        returns (uint64 blockNumber, uint64 time)
    {
        uint256 packed = _anchored[keccak256(abi.encode(logId, size, root))];
        return (uint64(packed >> 64), uint64(packed));
    }

    /// @notice The last checkpoint anchored for a log; size 0 if there is none.
    /// @param logId whose
    /// @return size leaves in it
    /// @return root its RFC 6962 root
    function last(bytes32 logId) external view returns (uint64 size, bytes32 root) {
        Log storage log = _logs[logId];
        return (log.size, log.root);
    }

    /// @notice All that is known of a log; `controller` is zero for one that was never registered.
    /// @param logId which
    function logOf(bytes32 logId) external view returns (Log memory) {
        return _logs[logId];
    }

    /// @notice The whole check in one call: the leaf is in a checkpoint that was anchored, and is not revoked.
    /// @param logId whose leaf
    /// @param leafHash SHA-256(0x00 || leaf)
    /// @param index the leaf's number, from 0
    /// @param size leaves in the checkpoint
    /// @param root its RFC 6962 root
    /// @param proof inclusion proof of the leaf in it (RFC 6962 section 2.1.1)
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

    /// @notice RFC 6962 inclusion (see RFC6962.includes), for other contracts and for tests against other implementations.
    function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return RFC6962.includes(leafHash, index, size, root, proof);
    }

    /// @notice RFC 6962 consistency (see RFC6962.isConsistent), for other contracts and for tests against other implementations.
    function verifyConsistency(
        uint64 first,
        bytes32 firstRoot,
        uint64 second,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return RFC6962.isConsistent(first, firstRoot, second, secondRoot, proof);
    }

    /// @notice C2PA Soft Binding API 2.4 section 2.2: how a manifest is found here from a soft binding, as JSON.
    /// @dev One method, the event log: filter `SoftBindingPublished` by its first topic behind the signature.
    /// @return description JSON that follows the specification's schema for a decentralized key-value store
    function describe() external view returns (string memory description) {
        return string.concat(
            '[{"resolutionMethod":"eventLog","queryEventLog":{"smartContractAddress":"',
            _hex(address(this)),
            '","keyTopic":"topic1","byBindingOutputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema",',
            '"description":"The message of SoftBindingPublished(bytes32 indexed binding, bytes32 indexed logId, ',
            'string message). topic1, binding, is keccak256 of the base64 soft binding value as UTF-8 text.",',
            '"type":"object","properties":{"endpoints":{"type":"array","items":{"type":"string","format":"uri"},',
            '"description":"Soft Binding Resolution APIs that may resolve the binding"},"manifestId":{"type":"string",',
            '"description":"Identifier of the C2PA Manifest, where it was published"}},"required":["endpoints"],',
            '"additionalProperties":false}}}]'
        );
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

    /// @dev 0x and 40 lower-case digits.
    function _hex(address account) private pure returns (string memory) {
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        uint256 rest = uint160(account);
        for (uint256 i = 41; i > 1; --i) {
            text[i] = bytes16("0123456789abcdef")[rest & 15];
            rest >>= 4;
        }
        return string(text);
    }
}
