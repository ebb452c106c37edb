//! The number of callers who wait, as a picture. It is drawn by hand: a few pixels need no font.

/// Rows of three pixels, the leftmost first, for 0 to 9, the plus and the arrow `>`.
const GLYPHS: [[u8; 5]; 12] = [
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
    [0b100, 0b010, 0b001, 0b010, 0b100],
];

/// Where on a picture the text stands, always at the right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Corner {
    Upper,
    Lower,
}

/// The tone of what waits for an answer, from `icons/tones.json`.
pub(crate) const WAIT: [u8; 4] = [0xc2, 0x45, 0x1d, 0xff];
const WHITE: [u8; 4] = [0xff, 0xff, 0xff, 0xff];

/// What the badge says: nothing, `1` to `9`, or `9+`.
pub(crate) fn text(waiting: u32) -> String {
    match waiting {
        0 => String::new(),
        1..=9 => waiting.to_string(),
        _ => "9+".to_owned(),
    }
}

/// Draws the text into a corner of an RGBA picture: white on the tone of what waits, each of the letters' three by five
/// points as many pixels as `scale`.
pub(crate) fn draw(rgba: &mut [u8], width: usize, height: usize, scale: usize, text: &str, corner: Corner) {
    if text.is_empty() {
        return;
    }
    let letters: Vec<usize> = text
        .chars()
        .filter_map(|letter| match letter {
            '+' => Some(10),
            '>' => Some(11),
            digit => digit.to_digit(10).map(|digit| digit as usize),
        })
        .collect();
    let plate_width = (letters.len() * 4 + 1) * scale;
    let plate_height = 7 * scale;
    if plate_width > width || plate_height > height {
        return;
    }
    let left = width - plate_width;
    let top = match corner {
        Corner::Upper => 0,
        Corner::Lower => height - plate_height,
    };
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

/// Width and height of [`overlay`], pixels.
#[cfg(any(windows, test))]
pub(crate) const OVERLAY_SIDE: usize = 36;

/// The badge alone, for a button of the taskbar: RGBA; none while nobody waits.
#[cfg(any(windows, test))]
pub(crate) fn overlay(waiting: u32) -> Option<Vec<u8>> {
    let text = text(waiting);
    if text.is_empty() {
        return None;
    }
    let mut rgba = vec![0; OVERLAY_SIDE * OVERLAY_SIDE * 4];
    // «9+» takes the whole width.
    draw(
        &mut rgba,
        OVERLAY_SIDE,
        OVERLAY_SIDE,
        OVERLAY_SIDE / 9,
        &text,
        Corner::Lower,
    );
    Some(rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picture as letters: `#` white, `.` the plate, blank untouched.
    fn drawn(width: usize, height: usize, text: &str) -> String {
        let mut rgba = vec![0; width * height * 4];
        let corner = if text == ">" { Corner::Upper } else { Corner::Lower };
        draw(&mut rgba, width, height, 1, text, corner);
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
        let arrow = "  .....\n  .#...\n  ..#..\n  ...#.\n  ..#..\n  .#...\n  .....\n       \n";
        assert_eq!(drawn(7, 8, ">"), arrow);
    }

    #[test]
    fn nothing_is_drawn_without_callers_or_room() {
        assert!(!drawn(32, 32, "").contains(['#', '.']));
        assert!(!drawn(4, 4, "3").contains(['#', '.']), "no room");
        assert_eq!(
            (text(0), text(9), text(10)),
            (String::new(), "9".to_owned(), "9+".to_owned())
        );
    }

    #[test]
    fn the_taskbar_has_a_picture_for_each_number() {
        let drawn: std::collections::HashSet<_> = (0..12).map(overlay).collect();
        assert_eq!(drawn.len(), 11, "nobody, one to nine, more");
        assert_eq!(overlay(0), None);
        let nine_plus = overlay(10).expect("somebody waits");
        assert!(nine_plus.chunks(4).any(|pixel| pixel == WHITE) && nine_plus.chunks(4).any(|pixel| pixel == WAIT));
    }
}
