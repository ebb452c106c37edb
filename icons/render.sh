#!/bin/sh
# Makes every picture of this folder from its SVG source. Run it after changing an SVG and commit the result: the
# pictures are kept in the repository, so that a build needs no rasteriser.
#
#   apt-get install librsvg2-bin python3
#   icons/render.sh
#
# icon.svg is drawn for 48 pixels and more, icon-small.svg for less; tray and call pictures are 64 pixels.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

draw() { # source, size, target
    rsvg-convert --width "$2" --height "$2" "$1" --output "$3"
}

for size in 16 24 32; do draw icon-small.svg "$size" "$work/$size.png"; done
for size in 48 64 128 256 512 1024; do draw icon.svg "$size" "$work/$size.png"; done

cp "$work/32.png" 32x32.png
cp "$work/128.png" 128x128.png
cp "$work/256.png" 128x128@2x.png
cp "$work/1024.png" icon.png
for source in tray-*.svg call-*.svg; do draw "$source" 64 "${source%.svg}.png"; done
python3 pack.py "$work"
