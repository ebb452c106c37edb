//! A list of named steps: stops at the first that fails, then tells how long each took.

use std::time::Instant;

use anyhow::Result;

/// The steps done so far.
#[derive(Default)]
pub(crate) struct Report {
    done: Vec<(String, f64)>,
}

impl Report {
    /// Runs one step and notes its time.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> Result<(), Failed> {
        println!("\n── {name}");
        let start = Instant::now();
        let result = work();
        let seconds = start.elapsed().as_secs_f64();
        match result {
            Ok(()) => {
                self.done.push((name.to_owned(), seconds));
                Ok(())
            }
            Err(error) => Err(Failed {
                step: name.to_owned(),
                seconds,
                error,
            }),
        }
    }

    /// Prints the table and the closing line, which machines read; the exit code's boolean.
    pub(crate) fn close(self, result: Result<(), Failed>) -> bool {
        let failed = result.err();
        println!("\n{:>9}  step", "seconds");
        for (name, seconds) in &self.done {
            println!("{seconds:>9.1}  {name}");
        }
        if let Some(failed) = &failed {
            println!("{:>9.1}  {}  FAILED", failed.seconds, failed.step);
        }
        let total: f64 = self.done.iter().map(|(_, seconds)| seconds).sum();
        println!(
            "{:>9.1}  together\n",
            total + failed.as_ref().map_or(0.0, |failed| failed.seconds)
        );
        if let Some(failed) = &failed {
            println!("step \"{}\" failed: {:#}\n", failed.step, failed.error);
        }
        println!("{} passed, {} failed", self.done.len(), usize::from(failed.is_some()));
        failed.is_none()
    }
}

/// The step that failed.
pub(crate) struct Failed {
    step: String,
    seconds: f64,
    error: anyhow::Error,
}
