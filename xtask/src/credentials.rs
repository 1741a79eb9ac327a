//! Content Credentials: what was done to a recording, signed and inside its file (C2PA).
//!
//! In: a finished sound file, the recording it was made of, what is to be said, certificates and a key. Out: the same
//! file with a signed manifest, which was read back and found valid. The recording becomes the manifest's parent
//! ingredient, with the credentials that it has of its own. The manifest is made by c2pa-python, the library of the
//! Content Authenticity Initiative, in a Python environment of its own: as a crate it would bring 150 others, for an
//! option that few need. Source: C2PA Technical Specification 2.2, "Actions" and "Ingredient".

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::wav_write::{Container, Spec};
use crate::{python, workspace};

/// The folder with the program and its requirements.
const FOLDER: &str = "xtask/credentials";

/// The largest WAV that is signed, bytes. Source: the manifest is a chunk of a RIFF, whose sizes have 32 bits; 64 KiB
/// are left for it.
const MOST_WAV_BYTES: u64 = 0xffff_0000;

/// How a voice that nobody sang was made, where the user says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Synthetic {
    /// By a trained model.
    Ai,
    /// By any other synthesizer.
    Other,
}

impl Synthetic {
    /// As the command line names it.
    fn name(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Other => "other",
        }
    }

    /// As the metadata of a file says it.
    pub(crate) fn declaration(self) -> &'static str {
        match self {
            Self::Ai => "the voice is synthetic, made by AI",
            Self::Other => "the voice is synthetic",
        }
    }

    /// Source: IPTC NewsCodes, "Digital Source Type".
    fn source_type(self) -> &'static str {
        match self {
            Self::Ai => "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            Self::Other => "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
        }
    }
}

/// What a user declares of a recording.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    /// How its voice was made, if nobody sang it.
    pub(crate) synthetic: Option<Synthetic>,
    /// By whom the outputs are signed.
    pub(crate) credentials: Option<Credentials>,
}

impl Declared {
    /// As `key=value` words: equal words mean that the same is declared.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        let synthetic = self.synthetic.map(|synthetic| format!("synthetic_voice={}", synthetic.name()));
        let credentials = self.credentials.as_ref().map(|own| format!("credentials={:08x}", own.checksum));
        synthetic.into_iter().chain(credentials)
    }
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    certificate: PathBuf,
    key: PathBuf,
    algorithm: &'static str,
    checksum: u32,
}

/// What is said of a file.
pub(crate) struct Statement<'a> {
    /// The kind of file.
    pub(crate) container: Container,
    /// Its name.
    pub(crate) title: &'a str,
    /// The recording that it was made of, if it is a file.
    pub(crate) source: Option<&'a Path>,
    /// The name of that recording.
    pub(crate) source_name: &'a str,
    /// How its voice was made.
    pub(crate) synthetic: Option<Synthetic>,
    /// What was done, for people.
    pub(crate) edit: &'a str,
    /// Every setting.
    pub(crate) settings: &'a str,
}

/// A signature that was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The name in the certificate.
    pub(crate) signer: String,
    /// How it was signed.
    pub(crate) algorithm: &'static str,
    /// Whether the recording could be read, and its own credentials be kept.
    pub(crate) source_is_read: bool,
}

impl Credentials {
    /// Reads certificates and key.
    ///
    /// # Errors
    ///
    /// Where one of them is missing or is not what it should be.
    pub(crate) fn new(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let read = |what: &str, path: &Path| {
            std::fs::read_to_string(path).with_context(|| format!("cannot use {what} '{}'", path.display()))
        };
        let certificates = read("certificate", certificate)?;
        ensure!(
            certificates.contains("-----BEGIN CERTIFICATE-----"),
            "cannot use certificate '{}': it holds none in PEM form (BEGIN CERTIFICATE)",
            certificate.display()
        );
        let algorithm = algorithm(&read("key", key)?).with_context(|| format!("cannot use key '{}'", key.display()))?;
        let checksum = crc32fast::hash(certificates.as_bytes());
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), algorithm, checksum })
    }

    /// Files that are read to sign: no output may be one of them.
    pub(crate) fn sources(&self) -> [PathBuf; 2] {
        [self.certificate.clone(), self.key.clone()]
    }

    /// Makes sure that the program that signs is there. The first time it is installed.
    pub(crate) fn prepare() -> anyhow::Result<PathBuf> {
        let requirements = workspace::root().join(FOLDER).join("requirements.txt");
        let folder = workspace::target_folder().join("credentials");
        if !folder.exists() {
            // If stderr is closed, nobody wants to know.
            let _ = writeln!(std::io::stderr(), "c2pa-python, which signs, is installed now, this once");
        }
        python::environment(&folder, &requirements).context(
            "Content Credentials are signed by the Python package c2pa-python, which could not be installed (are \
             Python 3.10, its venv and pypi.org there?)",
        )
    }

    /// Writes `sound` with its signed manifest to `signed`, an empty file.
    ///
    /// # Errors
    ///
    /// Where the certificate, the key or the file are refused, or the result is not valid.
    pub(crate) fn sign(&self, sound: &Path, signed: &Path, statement: &Statement<'_>) -> anyhow::Result<Signed> {
        if statement.container == Container::Wav {
            check_bytes(std::fs::metadata(sound)?.len())?;
        }
        let job = self.job(sound, signed, statement);
        let told = run(&Self::prepare()?, &job).context("cannot sign it with Content Credentials")?;
        let state = told["state"].as_str().unwrap_or("unknown");
        ensure!(matches!(state, "Valid" | "Trusted"), "the Content Credentials that were written read back as {state}");
        Ok(Signed {
            signer: told["signer"].as_str().unwrap_or_default().to_owned(),
            algorithm: self.algorithm,
            source_is_read: told["source_is_read"].as_bool().unwrap_or_default(),
        })
    }

    fn job(&self, sound: &Path, signed: &Path, statement: &Statement<'_>) -> Value {
        let Statement { container, title, source, source_name, synthetic, edit, settings } = statement;
        let agent = json!({ "name": "Con Anima", "version": env!("CARGO_PKG_VERSION") });
        let mut opened = json!({ "action": "c2pa.opened", "parameters": { "ingredientIds": ["source"] } });
        if let Some(synthetic) = synthetic {
            opened["digitalSourceType"] = synthetic.source_type().into();
        }
        let edited = json!({
            "action": "c2pa.edited",
            "softwareAgent": agent,
            "description": edit,
            "parameters": { "con_anima.settings": settings },
        });
        let format = match container {
            Container::Wav => "audio/wav",
            Container::Flac => "audio/flac",
        };
        json!({
            "certificate": self.certificate,
            "key": self.key,
            "algorithm": self.algorithm,
            "sound": sound,
            "signed": signed,
            "format": format,
            "source_path": source,
            "source_format": source.and_then(format_of),
            "source": {
                "title": source_name,
                "format": source.and_then(format_of).unwrap_or("application/octet-stream"),
                "relationship": "parentOf",
                "instance_id": "source",
                "label": "source",
            },
            "manifest": {
                "claim_generator_info": [agent],
                "title": title,
                "assertions": [{ "label": "c2pa.actions.v2", "data": { "actions": [opened, edited] } }],
            },
        })
    }
}

/// Refuses a file that will be too large to be signed, as far as its length is known.
pub(crate) fn check_size(spec: &Spec) -> anyhow::Result<()> {
    match (spec.container, spec.n_bytes()) {
        (Container::Wav, Some(n_bytes)) => check_bytes(n_bytes),
        _ => Ok(()),
    }
}

fn check_bytes(n_bytes: u64) -> anyhow::Result<()> {
    ensure!(
        n_bytes <= MOST_WAV_BYTES,
        "Content Credentials fit WAVs below 4 GiB, and this one has {n_bytes} bytes: write a FLAC, or fewer --bits"
    );
    Ok(())
}

impl Signed {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let Self { signer, algorithm, source_is_read } = self;
        let source =
            if *source_is_read { "" } else { "; they name the recording, and keep none that it has of its own" };
        format!("signed: Content Credentials of '{signer}' ({algorithm}), read back and valid{source}")
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        json!({ "signer": self.signer, "algorithm": self.algorithm, "source_is_read": self.source_is_read })
    }
}

/// Runs the program that signs.
fn run(python: &Path, job: &Value) -> anyhow::Result<Value> {
    let mut signing = Command::new(python);
    signing.arg(workspace::root().join(FOLDER).join("sign.py"));
    signing.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = signing.spawn().with_context(|| format!("cannot run '{}'", python.display()))?;
    let mut input = child.stdin.take().context("it takes no input")?;
    input.write_all(job.to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}", said.trim().lines().last().unwrap_or("it says nothing"));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The media type of a recording whose own credentials can be read.
fn format_of(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "wav" | "wave" => Some("audio/wav"),
        "flac" => Some("audio/flac"),
        "mp3" => Some("audio/mpeg"),
        "m4a" | "mp4" => Some("audio/mp4"),
        _ => None,
    }
}

/// Object identifiers in a key, as they are encoded, and how such keys sign. Sources: RFC 5480, RFC 8017, RFC 8410;
/// C2PA Technical Specification 2.2, "Digital signatures".
const ALGORITHMS: [(&[u8], &str); 6] = [
    (&[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "es256"),
    (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], "es384"),
    (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], "es512"),
    (&[0x06, 0x03, 0x2b, 0x65, 0x70], "ed25519"),
    (&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], "ps256"),
    (&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a], "ps256"),
];

/// How a private key in PEM form signs.
fn algorithm(pem: &str) -> anyhow::Result<&'static str> {
    ensure!(
        !pem.contains("BEGIN ENCRYPTED PRIVATE KEY") && !pem.contains("Proc-Type: 4,ENCRYPTED"),
        "it is encrypted; openssl pkcs8 -topk8 -nocrypt decrypts it"
    );
    let (_, body) = pem.split_once("-----BEGIN PRIVATE KEY-----").context(
        "it holds no private key in PKCS #8 PEM form (BEGIN PRIVATE KEY); openssl pkcs8 -topk8 -nocrypt converts one",
    )?;
    let (body, _) = body.split_once("-----END").context("it is cut off")?;
    let text: String = body.split_whitespace().collect();
    let der = STANDARD.decode(text).context("it is damaged")?;
    let holds = |id: &[u8]| der.windows(id.len()).any(|window| window == id);
    let found = ALGORITHMS.iter().find(|(id, _)| holds(id)).map(|(_, name)| *name);
    found.context("its kind is not one that Content Credentials are signed with: ECDSA, Ed25519 or RSA")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of one kind; the numbers of a real one do not matter here.
    fn key(id: &[u8]) -> String {
        let der = [&[0x30, 0x20, 0x02, 0x01, 0x00, 0x30, 0x0d], id, &[0x04, 0x03, 1, 2, 3]].concat();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
    }

    #[test]
    fn a_key_tells_how_it_signs() {
        for (id, name) in ALGORITHMS {
            assert_eq!(algorithm(&key(id)).expect("a key"), name);
        }
    }

    #[test]
    fn what_is_no_usable_key_is_told_with_a_way_out() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
        for (text, told) in [
            (pem("ENCRYPTED PRIVATE KEY"), "openssl pkcs8"),
            (pem("EC PRIVATE KEY"), "openssl pkcs8"),
            (pem("CERTIFICATE"), "BEGIN PRIVATE KEY"),
            (pem("PRIVATE KEY"), "ECDSA"),
            ("-----BEGIN PRIVATE KEY-----\nMAA=".to_owned(), "cut off"),
            ("-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----".to_owned(), "damaged"),
        ] {
            let error = format!("{:#}", algorithm(&text).expect_err(&text));
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_wav_that_will_be_too_large_is_refused_before_it_is_sung() {
        let spec = |container, n_samples| Spec {
            n_channels: 2,
            sample_rate_hz: 48_000,
            depth: crate::wav_write::Depth::Float32,
            container,
            packing: crate::wav_write::Packing::Small,
            dither: crate::wav_write::Dither::Off,
            n_samples,
        };
        // Eight bytes for each sample of both channels.
        let check = |container, n_samples| check_size(&spec(container, n_samples));
        assert!(check(Container::Wav, Some(536_000_000)).is_ok() && check(Container::Wav, None).is_ok());
        let error = check(Container::Wav, Some(537_000_000)).expect_err("it is above 4 GiB").to_string();
        assert!(error.contains("4296000000 bytes") && error.contains("FLAC"), "{error}");
        assert!(check(Container::Flac, Some(537_000_000)).is_ok());
    }

    #[test]
    fn a_statement_names_its_source_and_what_the_user_declares() {
        let own = Credentials { certificate: "c".into(), key: "k".into(), algorithm: "es256", checksum: 0 };
        let job = |source: Option<&Path>, synthetic| {
            let (container, title, source_name) = (Container::Flac, "out.flac", "in.mp3");
            let (edit, settings) = ("humanized", "amount=80");
            let statement = Statement { container, title, source, source_name, synthetic, edit, settings };
            own.job(Path::new("a"), Path::new("b"), &statement)
        };
        let actions = |job: &Value| job["manifest"]["assertions"][0]["data"]["actions"].clone();
        let ai = job(Some(Path::new("in.MP3")), Some(Synthetic::Ai));
        assert_eq!([&ai["format"], &ai["source_format"]], ["audio/flac", "audio/mpeg"]);
        let source_type = actions(&ai)[0]["digitalSourceType"].clone();
        assert!(source_type.as_str().is_some_and(|kind| kind.ends_with("/trainedAlgorithmicMedia")), "{source_type}");
        assert_eq!(actions(&ai)[1]["parameters"]["con_anima.settings"], "amount=80");
        let plain = job(None, None);
        assert!(plain["source_path"].is_null() && plain["source"]["title"] == "in.mp3");
        assert!(actions(&plain)[0]["digitalSourceType"].is_null());
    }
}
