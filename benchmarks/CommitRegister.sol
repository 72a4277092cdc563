// SPDX-License-Identifier: CC0-1.0
pragma solidity ^0.8.4;

/// @title The reference implementation of ERC-7053, as the ERC prints it
/// @dev Only its upgradeable base and an unused import are left out, neither of which a commit's gas depends on.
contract CommitRegister {
    mapping(string => uint[]) public commitLogs;

    event Commit(address indexed recorder, string indexed assetCid, string commitData);

    function commit(string memory assetCid, string memory commitData) public returns (uint256 blockNumber) {
        emit Commit(msg.sender, assetCid, commitData);
        commitLogs[assetCid].push(block.number);
        return block.number;
    }

    function getCommits(string memory assetCid) public view returns (uint[] memory) {
        return commitLogs[assetCid];
    }
}
