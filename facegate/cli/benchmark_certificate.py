"""``facegate benchmark key | certify | certificate | adopt``: who vouches for a rate, and until when."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from facegate.cli.benchmark_runs import RunFolder, digest_of_result, read_all_pairs
from facegate.cli.console import console
from facegate.cli.search import certificate_text
from facegate.durable import replace_bytes
from facegate.errors import CertificateError
from facegate.evaluation.certificates.certificate import DEFAULT_DAYS, Certificate, certify
from facegate.evaluation.certificates.check import out_of_date
from facegate.evaluation.certificates.file import open_certificate, parse_certificate, read_bytes, sign
from facegate.evaluation.certificates.keys import Issuer, IssuerKey, public_path
from facegate.gate.adopting import put_in_force
from facegate.gate.home import Home
from facegate.gate.reply import certificate_seen
from facegate.settings import Settings

CertificateFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Certificate, as `facegate benchmark certify` writes it.", show_default=False
    ),
]


def key(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Private key to make, such as issuer.pem.", show_default=False),
    ],
    *,
    name: Annotated[
        str,
        typer.Option(
            help="Who will vouch: letters, digits and . _ / - only, such as lab.example/audit.",
            show_default=False,
        ),
    ],
) -> None:
    """Make the key an issuer signs certificates with. Nothing is ever overwritten.

    The private key is for its owner only (mode 600). The public key is one line
    in a file beside it, with .pub behind its name: give that line to whoever
    shall believe the certificates.
    """
    issuer = IssuerKey.create(file, name, random_bytes=secrets.token_bytes).issuer
    console.print(
        f"Private key in {file}: keep it, show it to nobody. Public key in {public_path(file)}:",
        markup=False,
        soft_wrap=True,
    )
    console.print(issuer.line().strip(), markup=False, soft_wrap=True)


def certify_run(
    folder: RunFolder,
    *,
    threshold: Annotated[
        str, typer.Option(help="Name of the threshold, as the run's table shows it.", show_default=False)
    ],
    key: Annotated[
        Path, typer.Option(help="The issuer's private key; its .pub lies beside it.", show_default=False)
    ],
    valid_days: Annotated[int, typer.Option(help="Days the certificate holds, 1 to 1827.")] = DEFAULT_DAYS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write. Default: certificate.json beside the result.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Issue the certificate of one threshold of a run.

    It names the model, the data, the threshold, what is known of false matches
    and false positive searches of every group, and until when that may be
    relied on. The gate opens with it.
    """
    signer = IssuerKey.read(key)
    result = read_all_pairs(folder)
    drawn_up = certify(
        result,
        threshold,
        result_digest=digest_of_result(folder),
        issuer=signer.issuer,
        issued_on=datetime.now(tz=UTC).date(),
        valid_days=valid_days,
    )
    path = output or folder / "certificate.json"
    replace_bytes(path, sign(drawn_up, signer).text().encode())
    console.print(f"Written to {path}.", markup=False, soft_wrap=True)
    describe(drawn_up)


def certificate(
    file: CertificateFile,
    *,
    issuer: Annotated[
        Path | None,
        typer.Option(help="Public key of the issuer, to check the signature.", show_default=False),
    ] = None,
) -> None:
    """Show a certificate in plain words, and check its signature.

    Without --issuer only the form is checked, and anybody may have written what it says.
    """
    data = read_bytes(file)
    if issuer is None:
        describe(parse_certificate(data, name=file.name).certificate)
        console.print(
            "[yellow]NOT VERIFIED[/]: say --issuer FILE.pub, with a key you have from the issuer and not "
            "from whoever gave you this file."
        )
        return
    known = Issuer.read(issuer)
    held = open_certificate(data, {known.key_id: known}, name=file.name)
    describe(held)
    console.print(f"[green]SIGNATURE HOLDS[/]: this is, byte for byte, what {escape(known.name)} signed.")
    if wrong := out_of_date(held, datetime.now(tz=UTC).date()):
        raise CertificateError(wrong[0])


def adopt(
    file: CertificateFile,
    *,
    issuer: Annotated[
        Path | None,
        typer.Option(
            help="Public key of an issuer, who is trusted here from now on. Default: those trusted already.",
            show_default=False,
        ),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(help="The agency's folder. Default: FACEGATE_HOME, or ./home.", show_default=False),
    ] = None,
) -> None:
    """Put a certificate in force: the gate searches at its threshold, and only while it holds.

    Checked first: signature, day, model and size of the gallery, and what
    home/bounds.toml asks of every group. If anything is wrong, the earlier
    certificate stays in force.
    """
    place = Home(home or Settings.from_environment().home)
    vouching = Issuer.read(issuer) if issuer else None
    now = datetime.now(tz=UTC)
    adopted = put_in_force(read_bytes(file), place, issuer=vouching, now=now, name=file.name)
    describe(adopted)
    console.print(
        f"In force for the gate of {place.folder}, from the next time it opens.", markup=False, soft_wrap=True
    )


def describe(held: Certificate) -> None:
    """Print a certificate in plain words."""
    console.print(f"Certificate {held.serial}")
    console.print(
        f"  {held.issuer} (key {held.issuer_key}) vouches from {held.issued_on} to {held.valid_until} "
        f"for {held.embedder} ({held.embedder_digest[:12]}).",
        markup=False,
        soft_wrap=True,
    )
    synthetic = " (SYNTHETIC: no face was involved)" if held.synthetic else ""
    console.print(
        f"  Measured on {held.dataset}{synthetic}, {held.measured_on}, facegate {held.tool_version}, "
        f"result {held.result_digest[:12]}.",
        markup=False,
        soft_wrap=True,
    )
    if held.searches is None:
        console.print("  [yellow]No searches were measured: no gate opens with this certificate.[/]")
    if held.threshold.unsupported:
        console.print("  [yellow]The rate the threshold was set for is rarer than the data can show.[/]")
    seen = certificate_seen(held)
    if seen is not None:
        console.print(certificate_text(seen))
    for note in held.notes:
        console.print(f"  Note: {note}", markup=False, soft_wrap=True)
