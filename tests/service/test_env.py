"""Configuration: typed, empty means the embedded default, and nonsense is refused by the variable's name."""

from pathlib import Path

import pytest

from attest.log.cosignature import CosignerKey
from service.settings import env


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chain = ("CHAIN_RPC_URL", "CHAIN_ID", "REGISTRY_ADDRESS", "SPEND_CEILING_WEI")
    for name in ("ASSAY_ENV", "ASSAY_DATA_DIR", "DATABASE_URL", "BROKER_URL", *chain):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(env, "RUNNING_FILE", tmp_path / "running.json")


def test_nothing_set_is_one_machine_with_everything_embedded() -> None:
    config = env.read()
    assert (config.environment, config.is_production) == ("embedded", False)
    assert (config.database_url, config.broker_url, config.storage_url, config.chain_rpc_url) == (
        "",
        "",
        "",
        "",
    )
    assert config.data_dir == env.PROJECT / "data"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSAY_ENV", "staging"),
        ("DATABASE_URL", "mysql://somewhere/assay"),
        ("BROKER_URL", "kafka://somewhere"),
        ("CHAIN_RPC_URL", "somewhere:8545"),
        ("STORAGE_URL", "ftp://somewhere"),
        ("CHAIN_ID", "mainnet"),
        ("WITNESSES", "https://witness.example.org"),
        ("WITNESSES", "w.example.org+00000000+BAAA https://witness.example.org"),
        ("WITNESSES", "a b c"),
        ("OTS_CALENDARS", "ftp://calendar.example.org"),
        ("WEB_THREADS", "many"),
        ("TRUST_LISTS", "/no/such/list.pem"),
        ("VECTOR_URL", "milvus:somewhere"),
        ("SOFT_BINDING_LOOKUP", "everything"),
        ("VECTOR_URL", "qdrant:http://localhost"),
        ("TSA_URL", "https://first.example,ftp://second.example"),
        ("TSA_URL", "http:///no-host"),
        ("SIGNER_URL", "file:/one,https://two.example/key"),
        ("IDENTITY_URL", "pkcs11:object=a"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(env.ConfigurationError, match=name):
        env.read()


def test_a_vector_database_on_a_server_or_in_a_file_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("milvus:http://vectors.example:19530", "milvus:/var/lib/vectors.db"):
        monkeypatch.setenv("VECTOR_URL", url)
        assert env.read().vector_url == url


def test_several_time_stamping_authorities_are_taken_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSA_URL", "https://first.example/tsa, http://second.example,")
    assert env.read().tsa_urls == ("https://first.example/tsa", "http://second.example")


def test_several_signing_keys_of_every_store_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = ("file:/etc/assay/2026", "pkcs11:object=a%2Cb?chain=/c.pem", "callback:kms:sign?chain=/c.pem")
    monkeypatch.setenv("SIGNER_URL", ", ".join(addresses))
    assert env.read().signer_urls == addresses


def test_a_running_assay_is_found_without_being_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import json
    import os

    note = {"pid": os.getpid(), "data_dir": str(tmp_path), "chain_rpc_url": "http://127.0.0.1:1"}
    env.RUNNING_FILE.write_text(json.dumps(note))
    assert (env.read().data_dir, env.read().chain_rpc_url) == (tmp_path, "http://127.0.0.1:1")
    # Its chain belongs to its folder: another folder has nothing to do with it.
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "other"))
    assert env.read().chain_rpc_url == ""


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"pid": 999999999, "data_dir": "/x"}', '{"pid": "a"}'])
def test_the_note_of_a_run_that_is_over_is_ignored(note: str) -> None:
    env.RUNNING_FILE.write_text(note)
    assert env.read().data_dir == env.PROJECT / "data"


def chains(monkeypatch: pytest.MonkeyPatch, **variables: str) -> tuple[env.ChainPlace, ...]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return env.read().chains


A, B, C = "https://a.example/key", "http://127.0.0.1:8545", "https://c.example"


def test_without_a_chain_there_is_none_and_the_embedded_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chains(monkeypatch) == ()
    assert chains(monkeypatch, CHAIN_ID="31337", SPEND_CEILING_WEI="5") == ()


def test_one_address_is_one_chain_whose_id_and_registry_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chains(monkeypatch, CHAIN_RPC_URL=A) == (env.ChainPlace((A,), None, "", 10**17),)


def test_chains_stand_between_commas_and_endpoints_between_bars_in_the_order_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = "0x" + "Ab" * 20
    found = chains(
        monkeypatch,
        CHAIN_RPC_URL=f"{A} | {B}, {C}",
        CHAIN_ID="1,",
        REGISTRY_ADDRESS=f",{registry}",
        SPEND_CEILING_WEI="7,8",
    )
    assert found == (env.ChainPlace((A, B), 1, "", 7), env.ChainPlace((C,), None, registry, 8))


def test_one_spend_ceiling_serves_every_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    found = chains(monkeypatch, CHAIN_RPC_URL=f"{A},{B}", SPEND_CEILING_WEI="7")
    assert [each.spend_ceiling_wei for each in found] == [7, 7]


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"CHAIN_RPC_URL": f"{A},"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": f"{A}||{B}"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": f"{A}|ftp://b.example"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": f"{A}|{A}"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": "https:///no-host"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": "https://a.example:port"}, "CHAIN_RPC_URL"),
        ({"CHAIN_RPC_URL": f"{A},{B}", "CHAIN_ID": "1"}, "CHAIN_ID"),
        ({"CHAIN_RPC_URL": A, "CHAIN_ID": "1,2"}, "CHAIN_ID"),
        ({"CHAIN_RPC_URL": A, "CHAIN_ID": "-1"}, "CHAIN_ID"),
        ({"CHAIN_RPC_URL": f"{A},{B}", "CHAIN_ID": "1,1"}, "CHAIN_ID"),
        ({"CHAIN_RPC_URL": A, "REGISTRY_ADDRESS": "0x12"}, "REGISTRY_ADDRESS"),
        ({"CHAIN_RPC_URL": f"{A},{B}", "REGISTRY_ADDRESS": "0x" + "11" * 20}, "REGISTRY_ADDRESS"),
        ({"CHAIN_RPC_URL": A, "SPEND_CEILING_WEI": "0.1"}, "SPEND_CEILING_WEI"),
        ({"CHAIN_RPC_URL": A, "SPEND_CEILING_WEI": "1,2"}, "SPEND_CEILING_WEI"),
        ({"SPEND_CEILING_WEI": "1,2"}, "SPEND_CEILING_WEI"),
        ({"CHAIN_RPC_URL": f"{A},{B}", "SPEND_CEILING_WEI": "1,"}, "SPEND_CEILING_WEI"),
    ],
)
def test_chains_that_are_mixed_up_are_refused_by_name_and_without_their_keys(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], names: str
) -> None:
    with pytest.raises(env.ConfigurationError, match=names) as caught:
        chains(monkeypatch, **variables)
    assert "a.example" not in str(caught.value)


def test_witnesses_are_keys_with_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.read().witnesses == ()
    first, second = (str(CosignerKey(name, bytes(32)).vkey) for name in ("one", "two"))
    monkeypatch.setenv("WITNESSES", f"{first} https://one.example.org/w, {second}  http://two.example.org,")
    assert env.read().witnesses == ((first, "https://one.example.org/w"), (second, "http://two.example.org"))
    monkeypatch.setenv("WITNESSES", ",".join([f"{first} https://one.example.org"] * 17))
    with pytest.raises(env.ConfigurationError, match="WITNESSES"):
        env.read()
