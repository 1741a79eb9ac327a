"""The bundled VST3 in a host that is not ours (pedalboard): does it load, sound as the bounce does, and stay small?

    python vst3_host.py "PATH/Con Anima.vst3" XTASK

XTASK is the command-line program that bounces. Exits with 1 and one line when something is wrong.
"""

import os
import subprocess
import sys
import tempfile
import wave

import numpy as np
import pedalboard

import vst3_states

RATE_HZ = 48_000
# pedalboard's names: ours with their units.
PARAMETERS = ["humanize", "only_what_s_missing", "drift_cents", "tremble_cents", "intonation_cents", "scoop_cents",
              "vibrato_cents", "vibrato_rate_hz", "vibrato_life", "jitter", "timing_ms", "feel_ms", "memory", "breath",
              "breath_tone_db", "inhale_db", "inhale_chance", "breathe", "own_breaths_db", "shimmer_db", "level_life_db",
              "listen", "seed", "take", "mode", "output_db", "bypass", "learn",
              "host_clock", "scene"]
# Modes and their latency at this rate. The last is a new instance's.
LATENCIES_SAMPLES = {"Live": 480, "Phrase": 31_200, "Studio": 4_320}
# None divides the plugin's steps, nor the length of what is played.
ODD_BLOCKS = [1, 7, 333, 4_095]
# Measured in a fresh process: 8.1 to 8.7.
MEMORY_LIMIT_MIB = 10
N_INSTANCES = 24


def check(is_right, message):
    if not is_right:
        sys.exit(f"vst3_host.py: {message}")


def load(path, seed=1):
    """A new plugin, with the seed that a bounce has."""
    plugin = pedalboard.load_plugin(path)
    set_seed(plugin, seed)
    return plugin


def set_seed(plugin, seed):
    plugin.parameters["seed"].raw_value = seed / 9999


def seed_of(plugin):
    return plugin.parameters["seed"].string_value


def voice(seconds=4.0, f0_hz=196.0):
    """A buzz with gaps, 24-bit exact so that a WAV file holds the very same numbers."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * k * f0_hz * t + k * k) / k**2 for k in range(1, 30))
    return (np.round(0.25 * buzz * ((t % 1.0) < 0.8) * 2**23) / 2**23).astype(np.float32)


def write_wav(path, channels):
    integers = np.round(channels.T * 2**23).astype("<i4")
    packed = integers.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    with wave.open(path, "wb") as file:
        file.setnchannels(channels.shape[0])
        file.setsampwidth(3)
        file.setframerate(RATE_HZ)
        file.writeframes(packed)


def read_float_wav(path):
    with pedalboard.io.AudioFile(path) as file:
        return file.read(file.frames)


def bounce(xtask, channels, *options, mode="studio"):
    with tempfile.TemporaryDirectory() as folder:
        dry, wet = os.path.join(folder, "dry.wav"), os.path.join(folder, "wet.wav")
        write_wav(dry, channels)
        # The plugin has not learned either.
        command = [xtask, "bounce", dry, "-o", wet, "--mode", mode, "--bits", "32f", "--learn", "no", *options]
        done = subprocess.run(command, capture_output=True, text=True)
        check(done.returncode == 0, f"the bounce failed: {done.stderr.strip()}")
        return read_float_wav(wet)


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_per_instance_mib(path, audio):
    # The first instances bring in the library itself and the host's own buffers.
    keep = [load(path) for _ in range(2)]
    [plugin.process(audio, RATE_HZ) for plugin in keep]
    before = resident_mib()
    for _ in range(N_INSTANCES):
        keep.append(load(path))
        keep[-1].process(audio, RATE_HZ)
    return (resident_mib() - before) / N_INSTANCES


def check_blocks_and_instances(path, expected, audio):
    for size in ODD_BLOCKS:
        wet = load(path).process(audio, RATE_HZ, buffer_size=size)
        check(np.array_equal(wet, expected), f"blocks of {size} samples do not give the bounce")
    # Two that are there at the same time and take turns know nothing of each other.
    pair = [load(path) for _ in range(2)]
    half = audio.shape[1] // 2
    parts = [[plugin.process(audio[:, :half], RATE_HZ, reset=False) for plugin in pair]]
    parts += [[plugin.process(audio[:, half:], RATE_HZ, reset=False) for plugin in pair]]
    first, second = (np.hstack([part[index] for part in parts]) for index in range(2))
    check(first.shape[1] > half and np.array_equal(first, second), "two instances of one seed differ")
    set_seed(pair[1], 2)
    check(not np.array_equal(pair[1].process(audio, RATE_HZ), expected), "another seed gives the same")
    check(np.array_equal(pair[0].process(audio, RATE_HZ), expected), "one instance has the seed of the other")


def check_own_singers(path, audio):
    first, second = (pedalboard.load_plugin(path) for _ in range(2))
    check(seed_of(first) == "Own", f"a new instance has the seed {seed_of(first)}")
    sung = first.process(audio, RATE_HZ)
    check(not np.array_equal(second.process(audio, RATE_HZ), sung), "two new instances sing alike")
    second.raw_state = first.raw_state
    check(np.array_equal(second.process(audio, RATE_HZ), sung), "a reopened session has another singer")


def check_suspension(path, expected, audio):
    plugin = load(path)
    # It is stopped in the middle of a note, with much under way.
    plugin.process(audio[:, : audio.shape[1] // 3], RATE_HZ, reset=False)
    plugin.reset()
    check(np.array_equal(plugin.process(audio, RATE_HZ), expected), "what was played before a suspension is still heard")


def check_modes(path, xtask, audio):
    plugin = load(path)
    for mode, latency in LATENCIES_SAMPLES.items():
        plugin.mode = mode
        # The host tells the plugin of the new mode when audio runs.
        plugin.process(audio, RATE_HZ)
        wet = plugin.process(audio, RATE_HZ)
        found = plugin.reported_latency_samples
        check(found == latency, f"{mode} has a latency of {latency} samples, and {found} are reported")
        check(np.array_equal(wet, bounce(xtask, audio, mode=mode)), f"changed to {mode}, the plugin is not the bounce")


def main(path, xtask):
    plugin = load(path)
    check(sorted(PARAMETERS) == sorted(plugin.parameters),
          f"expected the parameters {PARAMETERS}, found {sorted(plugin.parameters)}")

    mono = voice()[np.newaxis]
    stereo = np.vstack([voice(), voice(f0_hz=247.0)])
    # First: what other instances have given back would be used again.
    memory = memory_per_instance_mib(path, stereo)
    check(memory <= MEMORY_LIMIT_MIB, f"{memory:.1f} MiB per instance, more than {MEMORY_LIMIT_MIB}")
    for name, audio in [("mono", mono), ("stereo", stereo)]:
        plugin = load(path)
        wet = plugin.process(audio, RATE_HZ, buffer_size=512)
        check(wet.shape == audio.shape, f"{name}: {audio.shape} in, {wet.shape} out")
        check(not np.array_equal(wet, audio), f"{name}: nothing was done")
        expected = bounce(xtask, audio)
        error = np.max(np.abs(wet - expected))
        check(error == 0.0, f"{name}: the plugin and the bounce differ by {error}")

    plugin = load(path)
    plugin.humanize = 0.0
    check(np.array_equal(plugin.process(stereo, RATE_HZ), stereo), "Humanize 0 % is not the input")

    plugin.humanize = 70.0
    set_seed(plugin, 42)
    # The host tells the plugin of new values when audio runs.
    plugin.process(mono, RATE_HZ)
    other = load(path)
    other.raw_state = plugin.raw_state
    check(abs(other.humanize - 70.0) < 0.1 and seed_of(other) == "42", "the state does not survive")
    wet = other.process(mono, RATE_HZ)
    check(np.array_equal(wet, bounce(xtask, mono, "--amount", "70", "--seed", "42")), "the state is loaded but not used")

    expected = bounce(xtask, mono)
    check_blocks_and_instances(path, expected, mono)
    check_suspension(path, expected, mono)
    check_own_singers(path, mono)
    check_modes(path, xtask, mono)
    fault = vst3_states.check(path)
    check(fault is None, fault)

    print("the VST3 loads and equals the bounce bit for bit: in mono and stereo, in every mode, at any block size, after a "
          f"suspension and beside another; it takes {memory:.2f} MiB per instance")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
