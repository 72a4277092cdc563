"""What the contract tells those who index it: ERC-7053 commits and C2PA's federated look-up."""

import json

import jsonschema
import pytest
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from attest.registry import contract

pytestmark = pytest.mark.network

# c2pa.org/schemas/decentralized-lookup.schema.json, C2PA Soft Binding API 2.4 section 2.2: what it asks
# of the method used here (CC BY 4.0, Coalition for Content Provenance and Authenticity).
_TYPED = {"type": "object", "required": ["type"]}
_OUTPUT = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "type": {"type": "string"},
        "properties": {
            "type": "object",
            "properties": {
                "endpoints": {
                    "type": "object",
                    "properties": {
                        "type": {"const": "array"},
                        "items": {
                            "type": "object",
                            "properties": {"type": {"const": "string"}, "format": {"const": "uri"}},
                        },
                        "description": {"type": "string"},
                    },
                    "required": ["type", "items"],
                },
                "manifestId": {**_TYPED, "properties": {"type": {"const": "string"}}},
            },
            "required": ["endpoints"],
        },
        "required": {"type": "array", "contains": {"const": "endpoints"}},
        "additionalProperties": {"type": "boolean"},
    },
    "required": ["properties", "required"],
}
FEDERATED_LOOKUP = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "resolutionMethod": {"enum": ["smartContract", "eventLog"]},
            "queryEventLog": {
                "type": "object",
                "properties": {
                    "smartContractAddress": {"type": "string"},
                    "keyTopic": {"type": "string"},
                    "byBindingOutputSchema": _OUTPUT,
                },
                "required": ["smartContractAddress", "keyTopic", "byBindingOutputSchema"],
            },
        },
        "oneOf": [{"required": ["querySmartContract"]}, {"required": ["queryEventLog"]}],
    },
}
COMMIT = keccak(text="Commit(address,string,string)").hex()
SOFT_BINDING = keccak(text="SoftBindingPublished(bytes32,bytes32,string)").hex()


@pytest.fixture
def log_id(key, origin):
    return contract.log_id(key.address, origin)


@pytest.fixture
def events(client, registry):
    """The logs of an event's signature (hex), each as its topics and its one string."""

    def found(signature, *topics):
        asked = {
            "address": registry,
            "fromBlock": "0x0",
            "topics": ["0x" + each for each in (signature, *topics)],
        }
        return [
            (
                [topic.removeprefix("0x") for topic in each["topics"][1:]],
                decode(("string",), bytes.fromhex(each["data"][2:]))[0],
            )
            for each in client.rpc.call("eth_getLogs", asked)
        ]

    return found


def test_the_description_follows_the_schema_that_c2pa_gives_for_federated_look_up(client, registry):
    ((text,),) = client.read_many(registry, [("describe", ())])
    described = json.loads(text)
    jsonschema.Draft202012Validator(FEDERATED_LOOKUP).validate(described)
    (method,) = described
    assert method["queryEventLog"]["smartContractAddress"] == registry.lower()
    jsonschema.Draft202012Validator.check_schema(method["queryEventLog"]["byBindingOutputSchema"])


def test_a_soft_binding_alone_leads_by_the_description_to_the_endpoint_that_was_published(
    client, registry, log_id, send, events
):
    binding = "bG9va3MgbGlrZSBhIGZpbmdlcnByaW50"
    message = {"endpoints": ["https://log.example.org/sbr/v1"], "manifestId": "urn:c2pa:1234"}
    keys = [keccak(text=value) for value in (binding, "b3RoZXI=")]
    data = contract.call_data("publishSoftBindings", contract.as_bytes32(log_id), keys, json.dumps(message))
    assert send(registry, data).succeeded

    ((text,),) = client.read_many(registry, [("describe", ())])
    query = json.loads(text)[0]["queryEventLog"]
    assert query["keyTopic"] == "topic1"
    (((topic, by), found),) = events(SOFT_BINDING, keccak(text=binding).hex())
    assert (topic, by) == (keys[0].hex(), log_id[2:])
    answer = json.loads(found)
    jsonschema.Draft202012Validator(query["byBindingOutputSchema"]).validate(answer)
    assert answer == message


def test_only_a_logs_own_submitters_publish_soft_bindings_in_its_name(client, registry, key, refused):
    unknown = contract.as_bytes32(contract.log_id(key.address, "nobody.example"))
    data = contract.call_data("publishSoftBindings", unknown, [bytes(32)], "{}")
    assert refused(key, data) == "registry_log_unknown"


def test_anybody_commits_to_an_asset_and_the_event_says_who(registry, key, send, events):
    receipt = send(registry, contract.call_data("commit", "bafkreiasset", '{"claim":"1"}'))
    assert receipt.succeeded
    ((recorder, asset), said) = events(COMMIT)[0]
    assert recorder == key.address[2:].lower().rjust(64, "0")
    assert asset == keccak(text="bafkreiasset").hex()
    assert said == '{"claim":"1"}'


def test_a_checkpoint_commits_to_its_assets_only_when_asked(client, registry, log_id, send, events, make_log):
    log, named = make_log(4), contract.as_bytes32(log_id)
    assert send(registry, contract.checkpoint_data(log_id, 2, log.root(2), [])).succeeded
    assert events(COMMIT) == []
    data = contract.call_data(
        "checkpointWithCommits",
        named,
        4,
        log.root(4),
        log.consistency(2, 4),
        ["bafkreione", "bafkreitwo"],
        ['{"leaf":2}', '{"leaf":3}'],
    )
    receipt = send(registry, data)
    assert receipt.succeeded
    assert client.last(registry, log_id).size == 4
    assert [said for _, said in events(COMMIT)] == ['{"leaf":2}', '{"leaf":3}']


def test_commits_with_a_refused_checkpoint_are_refused_with_it(registry, key, log_id, refused, make_log):
    log, named = make_log(4), contract.as_bytes32(log_id)
    short = contract.call_data("checkpointWithCommits", named, 4, log.root(4), [], ["a", "b"], ["c"])
    assert refused(key, short) == "registry_length_mismatch"
    empty = contract.call_data("checkpointWithCommits", named, 0, bytes(32), [], ["a"], ["c"])
    assert refused(key, empty) == "registry_empty_checkpoint"
