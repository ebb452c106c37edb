//! The tray's icon. The number on it is drawn by hand: a few pixels need no font.

use super::{Level, TrayState};
use tauri::image::Image;

/// Rows of three pixels, the leftmost first, for 0 to 9 and the plus.
const GLYPHS: [[u8; 5]; 11] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
    [0b000, 0b010, 0b111, 0b010, 0b000],
];

/// The tone of what waits for an answer, from `icons/tones.json`.
const WAIT: [u8; 4] = [0xc2, 0x45, 0x1d, 0xff];
const WHITE: [u8; 4] = [0xff, 0xff, 0xff, 0xff];

/// The icon of a state, with the number of waiting callers on it.
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
    draw(&mut rgba, width as usize, height as usize, &text(state.waiting));
    Ok(Image::new_owned(rgba, width, height))
}

/// What the badge says: nothing, `1` to `9`, or `9+`.
pub(super) fn text(waiting: u32) -> String {
    match waiting {
        0 => String::new(),
        1..=9 => waiting.to_string(),
        _ => "9+".to_owned(),
    }
}

/// Draws the text into the lower right corner of an RGBA picture: white on the tone of what waits.
fn draw(rgba: &mut [u8], width: usize, height: usize, text: &str) {
    if text.is_empty() {
        return;
    }
    // The digits are to be read at a tray's 16 to 24 pixels: almost half of the height.
    let scale = (height / 12).max(1);
    let letters: Vec<usize> = text
        .chars()
        .filter_map(|letter| {
            letter
                .to_digit(10)
                .map_or((letter == '+').then_some(10), |d| Some(d as usize))
        })
        .collect();
    let plate_width = (letters.len() * 4 + 1) * scale;
    let plate_height = 7 * scale;
    if plate_width > width || plate_height > height {
        return;
    }
    let (left, top) = (width - plate_width, height - plate_height);
    let mut fill = |x: usize, y: usize, w: usize, h: usize, colour: [u8; 4]| {
        for row in y..y + h {
            for column in x..x + w {
                let at = (row * width + column) * 4;
                if let Some(pixel) = rgba.get_mut(at..at + 4) {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    };
    fill(left, top, plate_width, plate_height, WAIT);
    for (index, letter) in letters.into_iter().enumerate() {
        for (y, bits) in GLYPHS[letter].into_iter().enumerate() {
            for x in 0..3 {
                if bits >> (2 - x) & 1 == 1 {
                    fill(
                        left + (1 + index * 4 + x) * scale,
                        top + (1 + y) * scale,
                        scale,
                        scale,
                        WHITE,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_state_has_its_picture() {
        let mut seen = std::collections::HashSet::new();
        for (level, ringing) in [
            (Level::Ready, false),
            (Level::Degraded, false),
            (Level::Off, false),
            (Level::Ready, true),
        ] {
            for waiting in [0, 3, 10] {
                let image = of(&TrayState {
                    level,
                    ringing,
                    waiting,
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
        assert_eq!(rgb("wait-fill")[1..], WAIT[..3]);
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

    /// The picture as letters: `#` white, `.` the plate, blank untouched.
    fn drawn(width: usize, height: usize, text: &str) -> String {
        let mut rgba = vec![0; width * height * 4];
        draw(&mut rgba, width, height, text);
        let letter = |pixel: &[u8]| match pixel {
            pixel if pixel == WHITE => '#',
            pixel if pixel == WAIT => '.',
            _ => ' ',
        };
        let rows = rgba.chunks(width * 4);
        rows.map(|row| row.chunks(4).map(letter).collect::<String>() + "\n")
            .collect()
    }

    #[test]
    fn the_number_stands_in_the_corner() {
        let five = "       \n  .....\n  .###.\n  .#...\n  .###.\n  ...#.\n  .###.\n  .....\n";
        assert_eq!(drawn(7, 8, "5"), five);
        let nine_plus = ".........\n.###.....\n.#.#..#..\n.###.###.\n...#..#..\n.###.....\n.........\n";
        assert_eq!(drawn(9, 7, "9+"), nine_plus);
    }

    #[test]
    fn nothing_is_drawn_without_callers_or_room() {
        assert!(!drawn(32, 32, "").contains(['#', '.']));
        assert!(!drawn(4, 4, "3").contains(['#', '.']));
        assert_eq!(
            (text(0), text(9), text(10)),
            (String::new(), "9".to_owned(), "9+".to_owned())
        );
    }
}
