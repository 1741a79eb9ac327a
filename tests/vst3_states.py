"""Damaged, shortened and foreign sessions given to the bundled VST3: each is taken whole or refused whole.

`check(path)` says in a line what went wrong, or nothing. The host is JUCE inside pedalboard: what it saves is XML around
the plugin's own bytes, which are written in JUCE's form of base64 (`MemoryBlock::toBase64Encoding`).
"""

import random
import re
import struct

import numpy as np
import pedalboard

RATE_HZ = 48_000
N_STATES = 300
ALPHABET = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
COMPONENT = re.compile(rb"<IComponent>(.*?)</IComponent>")
# JUCE's mark for XML that is kept as bytes, and the length that follows it.
HEAD_BYTES = 8


def decoded(text):
    n_bytes, digits = text.split(".", 1)
    bits = sum(ALPHABET.index(digit) << 6 * place for place, digit in enumerate(digits))
    return bits.to_bytes(int(n_bytes) + 1, "little")[: int(n_bytes)]


def encoded(data):
    bits = int.from_bytes(data, "little")
    n_digits = (8 * len(data) + 5) // 6
    return f"{len(data)}." + "".join(ALPHABET[bits >> 6 * place & 63] for place in range(n_digits))


def own_bytes(state):
    return decoded(COMPONENT.search(state).group(1).decode())


def with_bytes(state, data):
    xml = COMPONENT.sub(lambda _: b"<IComponent>" + encoded(data).encode() + b"</IComponent>", state[HEAD_BYTES:])
    return state[:4] + struct.pack("<I", len(xml) - 1) + xml


def mutated(data, dice):
    """The bytes of a session as a bad disk, an editor or another program would leave them."""
    data = bytearray(data)
    at = dice.randrange(len(data))
    kind = dice.randrange(7)
    if kind == 0:
        data[at] ^= 1 << dice.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        for _ in range(8):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == 3:
        data = bytearray(dice.randbytes(dice.randrange(2000)))
    elif kind == 4:
        del data[at : at + dice.randrange(1, 30)]
    elif kind == 5:
        data[at:at] = data[at : at + 20]
    else:
        first, end = dice.choice([number.span() for number in re.finditer(rb"\d+(\.\d+)?", bytes(data))])
        data[first:end] = dice.choice([b"9e99", b"-1", b"NaN", b"0", b"1", b"7", b""])
    return bytes(data)


def saved(path, audio, humanize, drift, seed):
    plugin = pedalboard.load_plugin(path)
    plugin.humanize, plugin.drift_cents = humanize, drift
    plugin.parameters["seed"].raw_value = seed / 9999
    plugin.process(audio, RATE_HZ)
    return plugin.raw_state


def values(plugin, state, audio):
    plugin.raw_state = state
    # The host tells the plugin of new values when audio runs.
    plugin.process(audio, RATE_HZ)
    return {name: parameter.raw_value for name, parameter in plugin.parameters.items()}


def check(path):
    audio = (0.2 * np.sin(np.arange(4800) * 0.03)).astype(np.float32)[np.newaxis]
    old, new = saved(path, audio, 70.0, 12.0, 42), saved(path, audio, 120.0, 33.0, 7)
    if with_bytes(new, own_bytes(new)) != new:
        return "the host's form of a session is another one than this test knows"
    plugin = pedalboard.load_plugin(path)
    old_values, new_values = values(plugin, old, audio), values(plugin, new, audio)
    if old_values == new_values:
        return "a session changes nothing"
    dice = random.Random(1)
    n_kept = 0
    for number in range(N_STATES):
        values(plugin, old, audio)
        found = values(plugin, with_bytes(new, mutated(own_bytes(new), dice)), audio)
        n_kept += found == old_values
        if found not in (old_values, new_values):
            changed = [name for name in found if found[name] not in (old_values[name], new_values[name])]
            return f"damaged session {number} was taken in part: {changed}"
    return None if n_kept > N_STATES // 2 else f"only {n_kept} of {N_STATES} damaged sessions were refused"
