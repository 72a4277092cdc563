"""`assay attest`: sign files, log them, and write their proofs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from provenance.manifests.manifest import SourceType, TrainingChoice
from service.cli import remote
from service.cli.exits import Exit, worst
from service.cli.outputs import Outputs
from service.cli.progress import Steps, steps
from service.cli.safe import safe
from service.cli.verb import Verb, usage
from service.errors import KNOWN_ERRORS, KnownError
from service.settings.env import api_key
from service.wishes import WISHES, wishes_from

KEY_VARIABLE = "ASSAY_API_KEY"
_SHOWN = ("id", "state", "leaf_index", "removed_metadata")
Attest = Callable[[Path, Steps], tuple[dict[str, Any], Outputs]]


class Command(Verb):
    """Attest files on this machine, or through a server."""

    help = (
        "Sign each file with a content credential, log it, and write the signed file (or a .c2pa sidecar) "
        "and its proof. Without --server this works in the data folder of this machine. The source is never "
        "changed."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--source-type", choices=[str(kind) for kind in SourceType], metavar="T")
        parser.add_argument("--title", help="what the credential calls it (default: the file's name)")
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="where to write (default: beside the file)"
        )
        parser.add_argument("--server", metavar="URL", help="attest through this Assay service")
        parser.add_argument("--api-key", metavar="KEY", help=f"its key; better in {KEY_VARIABLE}, see below")
        parser.add_argument("--author", default="", help="who made it, as the credential will say")
        parser.add_argument(
            "--training",
            default="",
            choices=[str(choice) for choice in TrainingChoice],
            help="what machine learning may do with it",
        )
        parser.add_argument(
            "--keep-metadata",
            action="store_true",
            help="leave GPS position, serial numbers and other private metadata in the signed copy",
        )
        parser.add_argument(
            "--accept-broken-parent",
            action="store_true",
            help="sign even over a credential that does not hold; reports will say so for ever",
        )
        parser.add_argument(
            "--embed-text", action="store_true", help="put the credential into a text itself, unseen"
        )
        parser.add_argument("--no-wait", action="store_true", help="do not wait for the anchor")
        parser.add_argument("--json", action="store_true", help="one JSON object a file")
        parser.epilog = (
            f"T is one of {', '.join(SourceType)} (default: human). Other users of this machine can see the "
            f"arguments of a running program: give the key in the variable {KEY_VARIABLE} instead."
        )

    def run(self, **options: Any) -> Exit:
        files: list[Path] = options["files"]
        missing = [path for path in files if not path.is_file()]
        if missing:
            raise usage(f"There is no file {safe(missing[0])}.")
        if options["title"] and len(files) > 1:
            raise usage("--title goes with one file.")
        if options["source_type"] is None:
            self.note("declared as `human`, the default; --source-type says otherwise.")
            options["source_type"] = str(SourceType.HUMAN)
        options["wishes"] = wishes_from({name: options[name] for name in WISHES})
        if not options["server"]:
            return self._all(options, self._locally(options))
        with remote.Server(options["server"], self._key(options)) as server:
            return self._all(options, self._remotely(server, options))

    def _key(self, options: dict[str, Any]) -> str:
        key: str = options["api_key"] or api_key()
        if not key:
            raise usage(f"--server needs a key: set {KEY_VARIABLE}, or give --api-key.")
        return key

    def _locally(self, options: dict[str, Any]) -> Attest:
        from service.cli import home, local
        from service.pipeline import AttestRequest

        home.prepare()
        account = home.account_named(None)

        def attest(path: Path, shown: Steps) -> tuple[dict[str, Any], Outputs]:
            request = AttestRequest(
                options["source_type"], options["title"] or path.name, wishes=options["wishes"]
            )
            submission = local.submit(account, path, request)
            done = local.drive(submission, shown)
            if not options["no_wait"]:
                done = local.await_anchor(done, shown)
            answer = {
                "id": str(done.pk),
                "state": done.state,
                "leaf_index": done.leaf_index,
                "removed_metadata": done.removed,
            }
            return answer, local.bring(done, path, options["out"] or path.parent)

        return attest

    def _remotely(self, server: remote.Server, options: dict[str, Any]) -> Attest:
        until = "logged" if options["no_wait"] else "anchored"

        def attest(path: Path, shown: Steps) -> tuple[dict[str, Any], Outputs]:
            title = options["title"] or path.name
            wish = remote.Wish(options["source_type"], title, until, wishes=options["wishes"])
            status, outputs = server.attest(path, wish, options["out"] or path.parent, shown)
            return {name: status.get(name) for name in _SHOWN}, outputs

        return attest

    def _all(self, options: dict[str, Any], attest: Attest) -> Exit:
        exits = [Exit.DONE]
        with steps("attesting", len(options["files"])) as shown:
            for path in options["files"]:
                shown.note(path.name)
                try:
                    answer, outputs = attest(path, shown)
                except KNOWN_ERRORS as error:
                    exits.append(Exit.REFUSED if error.permanent else Exit.UNCHECKED)
                    with shown.paused():
                        self._not_done(path, error, as_json=options["json"])
                except OSError as error:
                    sentence = f"{safe(path)}: {error.strerror}."
                    raise CommandError(sentence, returncode=Exit.UNCHECKED) from error
                else:
                    with shown.paused():
                        self._done(path, answer, outputs, as_json=options["json"])
                shown.advance()
        return worst(exits)

    def _done(self, path: Path, answer: dict[str, Any], outputs: Outputs, *, as_json: bool) -> None:
        if as_json:
            names = {"signed": outputs.signed, "store": outputs.store, "proof": outputs.proof}
            self.print_json({"file": str(path), **answer, **names})
            return
        credential = outputs.signed or outputs.store
        self.stdout.write(f"ATTESTED  {safe(path.name)}  {answer['state']}, leaf {answer['leaf_index']}")
        self.stdout.write(f"  credential  {safe(credential)}")
        self.stdout.write(f"  proof       {safe(outputs.proof)}")
        if answer["removed_metadata"]:
            self.stdout.write(f"  left out    {safe(', '.join(answer['removed_metadata']))}")

    def _not_done(self, path: Path, error: KnownError, *, as_json: bool) -> None:
        if as_json:
            self.print_json({"file": str(path), "error": {"code": error.code, "sentence": str(error)}})
        else:
            word = "REFUSED  " if error.permanent else "NOT DONE "
            self.stdout.write(f"{word} {safe(path.name)}  {safe(str(error))} ({safe(error.code)})")
