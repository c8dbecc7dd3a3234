"""A real S3 store for tests: Ceph's object gateway over a cluster of one monitor and one disk in memory.

    with ceph(folder) as endpoint:
        client = client_of(endpoint)

There is no manager and no authentication inside of it, and everything binds to this machine. It starts in
some four seconds, because its monitor does not wait for more changes as it would in production. All of it
ends with whoever started it, however that ends.
"""

import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

KEY, SECRET, REGION = "assay-tests", "nothing here is secret", "us-east-1"
PROGRAMS = ("monmaptool", "ceph-mon", "ceph", "ceph-osd", "radosgw", "radosgw-admin", "setpriv")
INSTALL = "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd"
_LONGEST = 120  # seconds of a start; then it says what it said

_CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{ports[0]},v1:127.0.0.1:{ports[1]}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
keyring = {folder}/keyring
run_dir = {folder}
log_file = {folder}/$name.log
admin_socket = {folder}/$name.asok
pid_file =
mon_data = {folder}/mon
mon_allow_pool_size_one = true
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{ports[2]}
rgw_rados_pool_pg_num_min = 1
rgw_run_sync_thread = false
rgw_enable_usage_log = false
"""


def why_not() -> str:
    """Say why there can be none here, and what would change that; "" when it can be started."""
    missing = [each for each in PROGRAMS if not shutil.which(each)]
    return (
        f"Ceph is not installed ({', '.join(missing)}); as root, {INSTALL} enables these" if missing else ""
    )


@contextmanager
def ceph(folder: Path) -> Iterator[str]:
    """Give the address of a gateway that knows ``KEY``; what it keeps lies in an empty folder."""
    ports = _free_ports(3)
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir()
    (folder / "keyring").touch()
    configuration = folder / "ceph.conf"
    fsid = str(uuid.uuid4())
    configuration.write_text(_CONFIGURATION.format(folder=folder, fsid=fsid, ports=ports))
    monitor = f"[v2:127.0.0.1:{ports[0]},v1:127.0.0.1:{ports[1]}]"
    with ExitStack() as running:

        def run(program: str, *words: str) -> None:
            done = subprocess.run(
                [program, *words, "-c", configuration],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_LONGEST,
                check=False,
            )
            if done.returncode:
                pytest.fail(f"{program} {' '.join(words)} failed:\n{done.stdout[-2000:]}")

        def start(program: str, *words: str) -> subprocess.Popen[bytes]:
            with (folder / f"{program}.out").open("wb") as said:
                process = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", program, *words, "-f", "-c", configuration],
                    stdout=said,
                    stderr=said,
                    stdin=subprocess.DEVNULL,
                )
            running.callback(_end, process)
            return process

        run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", monitor, str(folder / "monmap"))
        run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(folder / "monmap"))
        start("ceph-mon", "-i", "a")
        run("ceph", "osd", "create")
        run("ceph-osd", "-i", "0", "--mkfs")
        start("ceph-osd", "-i", "0")
        # Makes the gateway's pools too, before the gateway itself looks for them.
        run("radosgw-admin", "user", "create", "--uid=assay", "--display-name=Assay", *_keys())
        gateway = start("radosgw", "-n", "client.rgw")
        _wait(ports[2], gateway, folder / "radosgw.out")
        yield f"http://127.0.0.1:{ports[2]}"


def client_of(endpoint: str) -> Any:
    """Give a client of boto3 that may do everything."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )


def _keys() -> tuple[str, str]:
    return f"--access-key={KEY}", f"--secret-key={SECRET}"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"Ceph's gateway did not start:\n{said.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # nothing of it is kept
    process.wait()
