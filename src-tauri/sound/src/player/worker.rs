//! The player's thread.

use super::Recording;
use super::feed::{Feed, Manner};
use super::output::{self, Output};
use super::queue::{Shared, lock};
use super::state::{Phase, PlayerState, PlayerTrouble};
use crate::error::SoundError;
use crate::peaks::{Made, Peaks};
use crate::sound::Sound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// So much sound waits for the device.
const AHEAD: Duration = Duration::from_millis(300);
/// How often more is read while it plays.
const TICK: Duration = Duration::from_millis(60);
/// How often a device that is missing is looked for.
const LOOK: Duration = Duration::from_secs(2);
/// A device is let go when nothing was heard for so long.
const IDLE: Duration = Duration::from_secs(20);

/// What the player is asked to do, or learns.
pub(super) enum Command {
    Open(Recording, Duration),
    Close,
    Play,
    Pause,
    Seek(Duration),
    Speed(f32),
    Volume(f32),
    SkipSilence(bool),
    Device(Option<String>),
    /// The device that was opened as this one is gone.
    Lost(u64),
    /// Of the recording that was opened as this one.
    Peaks(u64, Result<Peaks, SoundError>),
    End,
}

/// Where the sound of the open recording is.
enum Source {
    None,
    /// At rest: no device was opened yet.
    Still(Sound),
    Fed(Box<Feed>),
}

pub(super) struct Worker {
    commands: Sender<Command>,
    shared: Shared,
    wanted: Option<String>,
    state: PlayerState,
    source: Source,
    output: Option<Output>,
    /// Moments in a second of the device that is open or about to be.
    rate: Option<u32>,
    /// Counts the devices and the recordings that were opened.
    opened: u64,
    recording: u64,
    /// Ends the making of peaks that nobody waits for any more.
    peaks_wanted: Arc<AtomicBool>,
    is_fed: bool,
    looked: Instant,
    rested: Instant,
}

impl Worker {
    pub(super) fn new(commands: Sender<Command>, shared: Shared, wanted: Option<String>) -> Self {
        Self {
            commands,
            shared,
            wanted,
            state: PlayerState::default(),
            source: Source::None,
            output: None,
            rate: None,
            opened: 0,
            recording: 0,
            peaks_wanted: Arc::default(),
            is_fed: false,
            looked: Instant::now(),
            rested: Instant::now(),
        }
    }

    pub(super) fn run(mut self, commands: &Receiver<Command>, tell: impl Fn(&PlayerState)) {
        let mut told = self.state.clone();
        loop {
            let command = match self.wait() {
                Some(wait) => commands.recv_timeout(wait),
                None => commands.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match command {
                Ok(Command::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.take(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look_for_device();
            self.feed();
            self.rest();
            if self.state != told {
                told = self.state.clone();
                tell(&told);
            }
        }
        self.peaks_wanted.store(false, Ordering::Relaxed);
    }

    /// How long nothing needs to be done; none: until something is asked for.
    fn wait(&self) -> Option<Duration> {
        let is_playing = self.state.phase == Phase::Playing;
        if is_playing && self.output.is_some() {
            Some(TICK)
        } else if is_playing || self.output.is_some() {
            Some(LOOK)
        } else {
            None
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Open(recording, from) => self.open(recording, from),
            Command::Close => self.close(),
            Command::Play => self.play(),
            Command::Pause => self.pause(),
            Command::Seek(to) => self.go_to(to.as_secs_f64()),
            Command::Speed(speed) => {
                self.state.speed = speed;
                self.go_to(self.place());
            }
            Command::Volume(volume) => {
                self.state.volume = volume;
                // Loudness is heard by its logarithm; the cube is near to that over the range of a slider.
                lock(&self.shared).volume = volume.powi(3);
            }
            Command::SkipSilence(skips) => {
                self.state.skips_silence = skips;
                self.go_to(self.place());
            }
            Command::Device(id) => {
                self.wanted = id;
                self.change_device();
            }
            Command::Lost(opened) if opened == self.opened => self.change_device(),
            Command::Peaks(recording, peaks) if recording == self.recording => self.take_peaks(peaks),
            Command::Lost(_) | Command::Peaks(..) | Command::End => {}
        }
    }

    fn open(&mut self, recording: Recording, from: Duration) {
        self.forget();
        self.recording += 1;
        self.state.recording = Some(recording.id.clone());
        match Sound::open(&recording.file) {
            Ok(sound) => {
                self.state.duration = sound.duration();
                self.state.channels = sound.channels();
                self.state.phase = Phase::Playing;
                self.source = Source::Still(sound);
                self.go_to(from.as_secs_f64());
                self.play();
                self.make_peaks(recording);
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Nothing of a recording that was open is left.
    fn forget(&mut self) {
        self.peaks_wanted.store(false, Ordering::Relaxed);
        self.source = Source::None;
        self.is_fed = false;
        {
            let mut queue = lock(&self.shared);
            queue.begin(0.0);
            queue.is_playing = false;
        }
        let old = std::mem::take(&mut self.state);
        self.state = PlayerState {
            speed: old.speed,
            volume: old.volume,
            skips_silence: old.skips_silence,
            device: old.device,
            trouble: old.trouble.filter(|trouble| *trouble == PlayerTrouble::DeviceLost),
            ..PlayerState::default()
        };
    }

    fn close(&mut self) {
        self.forget();
        self.let_go();
    }

    fn fail(&mut self, error: &SoundError) {
        tracing::info!(%error, "a recording cannot be played");
        self.pause();
        self.source = Source::None;
        self.state.phase = Phase::Empty;
        self.state.trouble = Some(PlayerTrouble::Recording(error.code()));
    }

    fn play(&mut self) {
        match self.state.phase {
            Phase::Empty => return,
            Phase::Ended => self.go_to(0.0),
            Phase::Playing | Phase::Paused => {}
        }
        self.state.phase = Phase::Playing;
        lock(&self.shared).is_playing = true;
        if self.output.is_none() {
            self.open_device();
        }
    }

    fn pause(&mut self) {
        if self.state.phase == Phase::Playing {
            self.state.phase = Phase::Paused;
            self.rested = Instant::now();
            // What the device still holds is not heard to its end; the place that is shown is where it goes on.
            let place = self.place();
            lock(&self.shared).is_playing = false;
            self.go_to(place);
        }
    }

    /// Where it is heard, seconds.
    fn place(&self) -> f64 {
        lock(&self.shared).place(Instant::now())
    }

    /// Goes on at another place, or at the same in another manner.
    fn go_to(&mut self, seconds: f64) {
        let sound = match std::mem::replace(&mut self.source, Source::None) {
            Source::None => return,
            Source::Still(sound) => sound,
            Source::Fed(feed) => feed.into_sound(),
        };
        let mut sound = sound;
        sound.seek((seconds.max(0.0) * f64::from(sound.rate())).round() as u64);
        let place = sound.position() as f64 / f64::from(sound.rate());
        lock(&self.shared).begin(place);
        self.is_fed = false;
        if self.state.phase == Phase::Ended {
            self.state.phase = Phase::Paused;
        }
        self.source = match self.rate {
            Some(rate) => Source::Fed(Box::new(Feed::new(sound, self.manner(), rate))),
            None => Source::Still(sound),
        };
        self.feed();
    }

    fn manner(&self) -> Manner {
        let peaks = self.state.peaks.as_ref().filter(|_| self.state.skips_silence);
        Manner {
            speed: self.state.speed,
            left_out: peaks.map(|peaks| peaks.silences()).unwrap_or_default(),
        }
    }

    /// Hands over what the device will need next.
    fn feed(&mut self) {
        let (Source::Fed(feed), Some(rate)) = (&mut self.source, self.rate) else {
            return;
        };
        let ahead = (AHEAD.as_secs_f64() * f64::from(rate)) as usize;
        while !self.is_fed && lock(&self.shared).waiting() < ahead {
            match feed.next() {
                Ok(Some(piece)) => lock(&self.shared).push(piece),
                Ok(None) => self.is_fed = true,
                Err(error) => return self.fail(&error),
            }
        }
        let is_over = self.is_fed && lock(&self.shared).is_heard(Instant::now());
        if is_over && self.state.phase == Phase::Playing {
            self.state.phase = Phase::Ended;
            self.rested = Instant::now();
            let mut queue = lock(&self.shared);
            queue.is_playing = false;
            queue.begin(self.state.duration.as_secs_f64());
        }
    }

    /// Opens the wanted device, or the system's own in its place.
    fn open_device(&mut self) {
        let place = self.place();
        self.opened += 1;
        self.looked = Instant::now();
        for candidate in output::candidates(self.wanted.as_deref()) {
            // The sound waits before the device asks for it: what it is given first is heard first.
            self.rate = Some(candidate.rate());
            self.go_to(place);
            let (commands, opened) = (self.commands.clone(), self.opened);
            let lost = move || drop(commands.send(Command::Lost(opened)));
            self.output = candidate.open(&self.shared, lost);
            if self.output.is_some() {
                break;
            }
        }
        if self.output.is_none() {
            self.rate = None;
            self.go_to(place);
        }
        self.state.device = self.output.as_ref().map(|output| output.device.clone());
        let is_other = |wanted: &String| self.state.device.as_ref().is_some_and(|device| device.id != *wanted);
        self.state.trouble = if self.output.is_none() {
            Some(PlayerTrouble::NoDevice)
        } else {
            let other = self.wanted.as_ref().filter(|id| is_other(id));
            other.map(|_| PlayerTrouble::DeviceLost)
        };
    }

    fn let_go(&mut self) {
        self.opened += 1;
        self.output = None;
        self.rate = None;
        self.state.device = None;
    }

    /// The device is lost, or another one is wanted.
    fn change_device(&mut self) {
        let place = self.place();
        let was_open = self.output.is_some();
        self.let_go();
        // What was handed to the device that is gone is not heard.
        self.go_to(place);
        if was_open && self.state.phase == Phase::Playing || self.state.trouble == Some(PlayerTrouble::NoDevice) {
            self.open_device();
        }
    }

    /// Looks for a device where none is open, for the wanted one where another is, and whether the open one is still there.
    fn look_for_device(&mut self) {
        if self.state.phase != Phase::Playing || self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let is_gone = |id: &str| output::goes_silently(id) && !output::is_there(id);
        let is_other = match self.state.trouble {
            Some(PlayerTrouble::NoDevice) => true,
            Some(PlayerTrouble::DeviceLost) => self.wanted.as_deref().is_some_and(output::is_there),
            _ => self.state.device.as_ref().is_some_and(|device| is_gone(&device.id)),
        };
        if is_other {
            self.change_device();
        }
    }

    /// Lets the device go when nothing was heard for a while.
    fn rest(&mut self) {
        if self.state.phase != Phase::Playing && self.output.is_some() && self.rested.elapsed() > IDLE {
            let place = self.place();
            self.let_go();
            if self.state.phase == Phase::Paused {
                self.go_to(place);
            }
        }
    }

    /// Reads the peaks that were kept, or has them made in the background.
    fn make_peaks(&mut self, recording: Recording) {
        if let Some(peaks) = Peaks::kept(&recording.peaks, &recording.file) {
            return self.take_peaks(Ok(peaks));
        }
        let (commands, number) = (self.commands.clone(), self.recording);
        let wanted = Arc::new(AtomicBool::new(true));
        self.peaks_wanted = wanted.clone();
        let make = move || {
            let made = Peaks::made(&recording.peaks, &recording.file, || wanted.load(Ordering::Relaxed));
            let told = match made {
                Ok(Made::Peaks(peaks)) => Ok(peaks),
                Ok(Made::Stopped) => return,
                Err(error) => Err(error),
            };
            let _ = commands.send(Command::Peaks(number, told));
        };
        let started = std::thread::Builder::new().name("peaks".to_owned()).spawn(make);
        if let Err(error) = started {
            tracing::warn!(%error, "no thread for the peaks");
        }
    }

    fn take_peaks(&mut self, peaks: Result<Peaks, SoundError>) {
        match peaks {
            Ok(peaks) => {
                self.state.peaks = Some(Arc::new(peaks));
                if self.state.skips_silence {
                    self.go_to(self.place());
                }
            }
            // What can be heard is heard without them.
            Err(error) => tracing::info!(%error, "no peaks of a recording"),
        }
    }
}
