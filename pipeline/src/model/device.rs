//! The device that a model computes on: which is wanted, which can be had, and why it is that one.

use std::fmt;
use std::str::FromStr;

use candle_core::DType;
use serde::{Deserialize, Serialize};

use super::Error;
use super::encoder::Products;
use super::precision::{Kind, Precision};

/// Which device is wanted; written `auto`, `cpu` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first CUDA device, if the program was built for one and it answers, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of that number, and no other.
    Cuda(usize),
}

/// A word that names no device.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no device; auto, cpu, cuda:0, cuda:1 and so on are")]
pub struct NoDevice;

impl FromStr for DeviceChoice {
    type Err = NoDevice;

    fn from_str(text: &str) -> Result<Self, NoDevice> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            other => {
                let number = other.strip_prefix("cuda:").ok_or(NoDevice)?;
                // `parse` would take a sign.
                if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(NoDevice);
                }
                number.parse().map(Self::Cuda).map_err(|_| NoDevice)
            }
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = NoDevice;

    fn try_from(text: String) -> Result<Self, NoDevice> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// Why there is no CUDA device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// The program cannot use one.
    #[error("built without the feature cuda")]
    NotBuilt,
    /// The driver has none, or it cannot run the program's kernels.
    #[error("no CUDA device answered (driver: {0})")]
    NoAnswer(String),
}

/// A device that answered, and the type of the numbers that it computes in.
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) candle: candle_core::Device,
    pub(super) dtype: DType,
    /// What the products on the CPU are computed in.
    pub(super) products: Products,
    name: String,
    why: String,
}

impl Device {
    /// The device that is wanted, or the best there is where the choice is left open.
    ///
    /// `coarsest` is what a precision that is left open may come to on a CPU: [`Files::COARSEST`](super::Files::COARSEST) for the
    /// built-in model, [`Precision::F32`] for one that nobody measured.
    ///
    /// # Errors
    /// Where one device and no other is wanted and cannot be had, or cannot compute in that precision.
    pub fn open(
        choice: DeviceChoice,
        precision: Precision,
        coarsest: Precision,
    ) -> Result<Self, Error> {
        let (gpu, kind, why) = match choose(choice, look)? {
            Chosen::Cpu(why) => (None, Kind::Cpu, why),
            Chosen::Gpu(gpu) => {
                let why = gpu.card.clone();
                (Some(gpu), Kind::Cuda, why)
            }
        };
        let (dtype, products) = precision.resolve(kind, coarsest)?;
        let (candle, name) = gpu.map_or((candle_core::Device::Cpu, "cpu".to_owned()), |gpu| {
            (gpu.candle, DeviceChoice::Cuda(gpu.number).to_string())
        });
        Ok(Self {
            candle,
            dtype,
            products,
            name,
            why,
        })
    }

    /// `cpu` or `cuda:N`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it is the CPU, or which card it is.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The type of its numbers: `f32`, `f16`, `bf16` or `int8`.
    pub fn precision(&self) -> &'static str {
        match self.products {
            Products::F32 => self.dtype.as_str(),
            Products::Bf16 => "bf16",
            Products::Int8 => "int8",
        }
    }

    /// The CPU in f32.
    #[cfg(test)]
    pub(super) fn cpu() -> Self {
        Self::open(DeviceChoice::Cpu, Precision::F32, Precision::F32).unwrap()
    }
}

/// For a person: `cpu (f32): built without the feature cuda`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.name, self.precision(), self.why)
    }
}

/// A CUDA device that answered.
#[derive(Debug)]
struct Gpu {
    candle: candle_core::Device,
    number: usize,
    card: String,
}

#[derive(Debug, PartialEq)]
enum Chosen<G> {
    /// And why.
    Cpu(String),
    Gpu(G),
}

/// The device to take, given what is found where a CUDA device is looked for.
fn choose<G>(
    choice: DeviceChoice,
    look: impl FnOnce(usize) -> Result<G, Absent>,
) -> Result<Chosen<G>, Error> {
    match choice {
        DeviceChoice::Cpu => Ok(Chosen::Cpu("as set".to_owned())),
        DeviceChoice::Auto => {
            Ok(look(0).map_or_else(|absent| Chosen::Cpu(absent.to_string()), Chosen::Gpu))
        }
        DeviceChoice::Cuda(number) => look(number).map(Chosen::Gpu).map_err(|absent| {
            let todo = match absent {
                Absent::NotBuilt => "build with --features cuda",
                Absent::NoAnswer(_) => "see what nvidia-smi says",
            };
            Error::NoDevice {
                wanted: choice,
                absent,
                todo,
            }
        }),
    }
}

#[cfg(not(feature = "cuda"))]
fn look(_: usize) -> Result<Gpu, Absent> {
    Err(Absent::NotBuilt)
}

/// The CUDA device of that number, after it has computed something: a driver may know a card for which the program holds no
/// kernels.
#[cfg(feature = "cuda")]
fn look(number: usize) -> Result<Gpu, Absent> {
    let opened = || -> candle_core::Result<Gpu> {
        // One stream for all threads: weights are loaded on another thread than the one that computes with them, and work on
        // two streams is not ordered.
        let candle = candle_core::Device::new_cuda_with_stream(number)?;
        let two = (candle_core::Tensor::ones(1, DType::F32, &candle)? * 2.0)?;
        two.to_vec1::<f32>()?;
        let card = candle.as_cuda_device()?.cuda_stream().context().name();
        Ok(Gpu {
            card: card.unwrap_or_else(|_| "a card without a name".to_owned()),
            candle,
            number,
        })
    };
    opened().map_err(|error| Absent::NoAnswer(said(&error)))
}

/// What the driver said, in a line: cudarc wraps it, and Candle may hang a backtrace on it.
#[cfg(any(feature = "cuda", test))]
fn said(error: &candle_core::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim();
    let inner = line.strip_prefix("DriverError(");
    let Some(inner) = inner.and_then(|inner| inner.strip_suffix(')')) else {
        return line.to_owned();
    };
    match inner.split_once(", ") {
        // What cudarc writes where the driver has no words for its own error.
        Some((name, words)) if words.starts_with("\"<") => name.to_owned(),
        Some((name, words)) => format!("{name}, {}", words.trim_matches('"')),
        None => inner.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:12"] {
            let choice: DeviceChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
        }
        for text in [
            "",
            "CPU",
            "gpu",
            "cuda",
            "cuda:",
            "cuda:-1",
            "cuda:+1",
            "cuda:a",
            "cuda: 0",
            "cuda:0 ",
            "cuda:99999999999999999999",
        ] {
            assert_eq!(text.parse::<DeviceChoice>(), Err(NoDevice), "{text}");
        }
    }

    #[test]
    fn only_a_choice_left_open_falls_back_to_the_cpu_and_says_why() {
        let none = |_| Err::<(), _>(Absent::NotBuilt);
        let silent = |_| Err::<(), _>(Absent::NoAnswer("NO_DEVICE".to_owned()));
        let why = |chosen: Result<Chosen<()>, Error>| match chosen.unwrap() {
            Chosen::Cpu(why) => why,
            Chosen::Gpu(()) => panic!("there is none"),
        };
        assert_eq!(
            why(choose(DeviceChoice::Auto, none)),
            "built without the feature cuda"
        );
        assert_eq!(
            why(choose(DeviceChoice::Auto, silent)),
            "no CUDA device answered (driver: NO_DEVICE)"
        );
        assert_eq!(why(choose(DeviceChoice::Cpu, |_| Ok(()))), "as set");
        let refused = choose(DeviceChoice::Cuda(1), none).unwrap_err().to_string();
        assert!(
            refused.contains("cuda:1") && refused.contains("--features cuda"),
            "{refused}"
        );
        let refused = choose(DeviceChoice::Cuda(0), silent)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("NO_DEVICE") && refused.contains("nvidia-smi"),
            "{refused}"
        );
    }

    #[test]
    fn the_device_that_is_looked_for_is_the_one_that_is_wanted() {
        assert_eq!(choose(DeviceChoice::Auto, Ok).unwrap(), Chosen::Gpu(0));
        assert_eq!(choose(DeviceChoice::Cuda(3), Ok).unwrap(), Chosen::Gpu(3));
    }

    #[test]
    fn what_the_driver_said_is_one_line() {
        for (error, line) in [
            ("no device\n   0: a frame", "no device"),
            (
                r#"DriverError(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected")"#,
                "CUDA_ERROR_NO_DEVICE, no CUDA-capable device is detected",
            ),
            (
                r#"DriverError(CUDA_ERROR_STUB_LIBRARY, "<Failure when calling cuGetErrorString()>")"#,
                "CUDA_ERROR_STUB_LIBRARY",
            ),
        ] {
            let error = candle_core::Error::Msg(error.to_owned()).bt();
            assert_eq!(said(&error), line);
        }
    }
}
