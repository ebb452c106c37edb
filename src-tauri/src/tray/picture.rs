//! The tray's icon.

use super::{Level, TrayState};
use crate::badge::{self, Corner};
use tauri::image::Image;

/// The icon of a state, with the number of waiting callers on it, and an arrow where calls go elsewhere.
pub(super) fn of(state: &TrayState) -> tauri::Result<Image<'static>> {
    let png: &[u8] = match (state.ringing, state.level) {
        (_, Level::Off) => include_bytes!("../../../icons/tray-off.png"),
        (true, _) => include_bytes!("../../../icons/tray-ring.png"),
        (false, Level::Ready) => include_bytes!("../../../icons/tray-ready.png"),
        (false, Level::Degraded) => include_bytes!("../../../icons/tray-degraded.png"),
    };
    let image = Image::from_bytes(png)?;
    let (width, height) = (image.width(), image.height());
    let mut rgba = image.rgba().to_vec();
    // The digits are to be read at a tray's 16 to 24 pixels: almost half of the height.
    let scale = (height / 12).max(1) as usize;
    let mut draw = |text: &str, corner| badge::draw(&mut rgba, width as usize, height as usize, scale, text, corner);
    draw(&badge::text(state.waiting), Corner::Lower);
    draw(if state.forwarded.is_some() { ">" } else { "" }, Corner::Upper);
    Ok(Image::new_owned(rgba, width, height))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use perezvon_desk::relay_client::ForwardTo;

    #[test]
    fn every_state_has_its_picture() {
        let mut seen = std::collections::HashSet::new();
        for (level, ringing) in [
            (Level::Ready, false),
            (Level::Degraded, false),
            (Level::Off, false),
            (Level::Ready, true),
        ] {
            for (waiting, forwarded) in [(0, None), (3, None), (10, None), (3, Some(ForwardTo::default()))] {
                let image = of(&TrayState {
                    level,
                    ringing,
                    waiting,
                    forwarded,
                    ..TrayState::default()
                })
                .unwrap();
                assert_eq!(image.rgba().len(), (image.width() * image.height() * 4) as usize);
                assert!(
                    seen.insert(image.rgba().to_vec()),
                    "{level:?} {ringing} {waiting} looks like another"
                );
            }
        }
    }

    /// One table has the tones of lists, pictures and tray; `ui/tests/kit.test.ts` holds the window to it.
    #[test]
    fn pictures_have_the_tones_of_the_table() {
        let table: serde_json::Value = serde_json::from_str(include_str!("../../../icons/tones.json")).unwrap();
        let rgb = |tone: &str| {
            let text = table["tones"][tone]["light"].as_str().unwrap();
            u32::from_str_radix(&text[1..], 16).unwrap().to_be_bytes()
        };
        assert_eq!(rgb("wait-fill")[1..], badge::WAIT[..3]);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("icons");
        let pictures = table["pictures"].as_object().unwrap();
        for (name, tone) in pictures {
            let png = std::fs::read(folder.join(format!("{name}.png"))).unwrap();
            let image = Image::from_bytes(&png).unwrap();
            // At the left edge of the disc nothing is drawn on it.
            let at = ((image.height() / 2 * image.width() + 3) * 4) as usize;
            assert_eq!(image.rgba()[at..at + 3], rgb(tone.as_str().unwrap())[1..], "{name}");
        }
        let stored = std::fs::read_dir(folder).unwrap().flatten().filter(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            let is_picture = file.path().extension().is_some_and(|extension| extension == "png");
            is_picture && (name.starts_with("call-") || name.starts_with("tray-"))
        });
        assert_eq!(stored.count(), pictures.len(), "every picture is in the table");
    }
}
