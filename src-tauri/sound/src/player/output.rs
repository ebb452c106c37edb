//! The devices on which sound is heard. cpal and not rodio, which is made upon it: rodio does not tell when a sound becomes
//! audible, and the place that is shown must be the one that is heard.

use super::queue::{Shared, lock};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, ErrorKind, FromSample, Host, SampleFormat, SizedSample, StreamConfig, SupportedBufferSize};
use std::time::{Duration, Instant};

/// The device asks for so much at once. Twice as much is under way: short enough for a click to be heard at once, long
/// enough for a busy machine.
const ASKED: Duration = Duration::from_millis(40);
/// The longest wait for a sound server.
const OPENING: Duration = Duration::from_secs(3);

/// A device that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputDevice {
    /// What is stored of a choice.
    pub id: String,
    /// For people.
    pub name: String,
}

/// A device that is open; it is closed when this is dropped.
pub(super) struct Output {
    _stream: cpal::Stream,
    pub(super) device: OutputDevice,
}

/// All devices that there are now.
pub(super) fn devices() -> Vec<OutputDevice> {
    let host = cpal::default_host();
    let Ok(devices) = host.output_devices() else {
        return Vec::new();
    };
    devices.filter_map(|device| described(&device)).collect()
}

fn described(device: &cpal::Device) -> Option<OutputDevice> {
    Some(OutputDevice {
        id: device.id().ok()?.to_string(),
        name: device.description().ok()?.name().to_owned(),
    })
}

/// Whether this device may go away without a word: a sound server moves the stream to another one.
pub(super) fn goes_silently(id: &str) -> bool {
    id.starts_with("pulseaudio:")
}

/// Whether the device is there.
pub(super) fn is_there(id: &str) -> bool {
    find(&cpal::default_host(), id).is_some()
}

fn find(host: &Host, id: &str) -> Option<cpal::Device> {
    host.device_by_id(&id.parse().ok()?)
        .filter(DeviceTrait::supports_output)
}

/// A device as it would be opened.
pub(super) struct Candidate {
    device: cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    described: OutputDevice,
}

/// The device that is wanted, where it is there, and then the system's own.
pub(super) fn candidates(wanted: Option<&str>) -> impl Iterator<Item = Candidate> + use<> {
    // Asked each time: a sound server that was started again is another one.
    let host = cpal::default_host();
    let chosen = wanted.and_then(|id| find(&host, id));
    let all = chosen.into_iter().chain(host.default_output_device());
    all.filter_map(|device| {
        let candidate = Candidate::of(device);
        candidate
            .inspect_err(|error| tracing::info!(%error, "a sound device cannot be asked"))
            .ok()
    })
}

impl Candidate {
    fn of(device: cpal::Device) -> Result<Self, cpal::Error> {
        let supported = device.default_output_config()?;
        let asked = supported.sample_rate() / 1000 * ASKED.as_millis() as u32;
        let buffer_size = match supported.buffer_size() {
            SupportedBufferSize::Range { min, max } => BufferSize::Fixed(asked.clamp(*min, (*max).max(*min))),
            SupportedBufferSize::Unknown => BufferSize::Default,
        };
        Ok(Self {
            config: StreamConfig {
                buffer_size,
                ..supported.config()
            },
            format: supported.sample_format(),
            described: described(&device).ok_or(ErrorKind::DeviceNotAvailable)?,
            device,
        })
    }

    /// Moments in a second.
    pub(super) fn rate(&self) -> u32 {
        self.config.sample_rate
    }

    /// Opens it; it asks for sound at once. `lost` is told, from another thread, if it goes away.
    pub(super) fn open(self, shared: &Shared, lost: impl Fn() + Send + 'static) -> Option<Output> {
        let (device, config) = (&self.device, self.config);
        let opened = match self.format {
            SampleFormat::F32 => stream::<f32>(device, config, shared, lost),
            SampleFormat::F64 => stream::<f64>(device, config, shared, lost),
            SampleFormat::I16 => stream::<i16>(device, config, shared, lost),
            SampleFormat::U16 => stream::<u16>(device, config, shared, lost),
            SampleFormat::I24 => stream::<cpal::I24>(device, config, shared, lost),
            SampleFormat::I32 => stream::<i32>(device, config, shared, lost),
            SampleFormat::U8 => stream::<u8>(device, config, shared, lost),
            _ => Err(ErrorKind::UnsupportedConfig.into()),
        };
        let started = opened.and_then(|stream| stream.play().map(|()| stream));
        match started {
            Ok(stream) => Some(Output {
                _stream: stream,
                device: self.described,
            }),
            Err(error) => {
                tracing::warn!(%error, "a sound device cannot be opened");
                None
            }
        }
    }
}

fn stream<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    shared: &Shared,
    lost: impl Fn() + Send + 'static,
) -> Result<cpal::Stream, cpal::Error> {
    let shared = shared.clone();
    let (channels, rate) = (usize::from(config.channels), config.sample_rate);
    let mut sound = Vec::new();
    let fill = move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
        let times = info.timestamp();
        let at = Instant::now() + times.playback.duration_since(times.callback);
        sound.resize(out.len(), 0.0);
        lock(&shared).fill(channels, rate, at, &mut sound);
        for (out, sample) in out.iter_mut().zip(&sound) {
            *out = T::from_sample(sample.clamp(-1.0, 1.0));
        }
    };
    let failed = move |error: cpal::Error| match error.kind() {
        // The sound goes on, perhaps with a click.
        ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {
            tracing::debug!(%error, "the sound device");
        }
        _ => {
            tracing::info!(%error, "the sound device is lost");
            lost();
        }
    };
    device.build_output_stream::<T, _, _>(config, fill, failed, Some(OPENING))
}
