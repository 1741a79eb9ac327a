"""Signs a sound file with Content Credentials, and reads them back.

In: one JSON object on standard input, as `credentials.rs` writes it. Out: the signed file, and one JSON object on
standard output: the state that the library finds the file in, who signed, and whether the source could be read.
"""

import json
import sys

import c2pa


def with_source(builder, job):
    """Adds the source with its own credentials; returns whether it could be read."""
    path, kind = job["source_path"], job["source_format"]
    if path is None or kind is None:
        return False
    try:
        with open(path, "rb") as source:
            builder.add_ingredient(json.dumps(job["source"]), kind, source)
        return True
    except c2pa.C2paError:
        return False


def sign(job):
    """Writes the signed file; returns whether the source could be read."""
    with open(job["certificate"], "rb") as file:
        certificate = file.read()
    with open(job["key"], "rb") as file:
        key = file.read()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(job["algorithm"].encode(), certificate, key, None))
    manifest = job["manifest"]
    is_read = False
    with c2pa.Builder(json.dumps(manifest)) as builder:
        is_read = with_source(builder, job)
        if is_read:
            write(builder, signer, job)
    if not is_read:
        # What cannot be read is named all the same.
        with c2pa.Builder(json.dumps({**manifest, "ingredients": [job["source"]]})) as builder:
            write(builder, signer, job)
    return is_read


def write(builder, signer, job):
    with open(job["sound"], "rb") as sound, open(job["signed"], "w+b") as signed:
        builder.sign(signer, job["format"], sound, signed)


def main():
    job = json.load(sys.stdin)
    try:
        is_read = sign(job)
        with open(job["signed"], "rb") as signed:
            store = json.loads(c2pa.Reader(job["format"], signed).json())
    except (c2pa.C2paError, OSError) as error:
        sys.exit(str(error))
    signature = store["manifests"][store["active_manifest"]].get("signature_info", {})
    signer = signature.get("common_name") or signature.get("issuer") or "nobody"
    json.dump({"state": store.get("validation_state"), "signer": signer, "source_is_read": is_read}, sys.stdout)


main()
