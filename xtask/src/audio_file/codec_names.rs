//! What codecs are called, for those that are not read.
//!
//! In: a codec's number. Out: a sentence that names it.

use symphonia::core::codecs::audio::{AudioCodecId, well_known as codec};

const NAMES: [(AudioCodecId, &str); 14] = [
    (codec::CODEC_ID_OPUS, "Opus"),
    (codec::CODEC_ID_SPEEX, "Speex"),
    (codec::CODEC_ID_MUSEPACK, "Musepack"),
    (codec::CODEC_ID_AC3, "AC-3"),
    (codec::CODEC_ID_EAC3, "E-AC-3"),
    (codec::CODEC_ID_AC4, "AC-4"),
    (codec::CODEC_ID_DCA, "DTS"),
    (codec::CODEC_ID_TRUEHD, "TrueHD"),
    (codec::CODEC_ID_WMA, "Windows Media Audio"),
    (codec::CODEC_ID_WAVPACK, "WavPack"),
    (codec::CODEC_ID_MONKEYS_AUDIO, "Monkey's Audio"),
    (codec::CODEC_ID_TTA, "True Audio"),
    (codec::CODEC_ID_ATRAC3, "ATRAC3"),
    (codec::CODEC_ID_ADPCM_G726, "G.726"),
];

/// Why audio of this codec is refused.
pub(super) fn not_read(id: AudioCodecId) -> String {
    let name = NAMES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
    format!("its audio is {}, which is not read; convert it to WAV or FLAC", name.unwrap_or("in no known format"))
}
