"""Make the goldens anew, after a change that was wanted: `python -m tests.goldens`. Then look at every picture."""

from tests.test_goldens import FOLDER, GOLDENS, golden_note, rasters_of, words_of_golden


def main() -> None:
    for old in (*FOLDER.glob("*.png"), *FOLDER.glob("*.txt")):
        old.unlink()
    for name, language in GOLDENS:
        pdf = golden_note(name, language)
        (FOLDER / f"{name}-{language}.txt").write_text(words_of_golden(pdf), encoding="utf-8")
        for page, raster in enumerate(rasters_of(pdf), 1):
            raster.quantize(128, dither=0).save(FOLDER / f"{name}-{language}-{page}.png", optimize=True)


if __name__ == "__main__":
    main()
