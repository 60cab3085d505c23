# Die Texte der Woche, auf Deutsch. week-story steht neben art/week-story.

week-story = Die blaue Stunde
week-story-text = Um vier ist der Tag vorbei, und der Abend hat noch nicht begonnen. Dafür werden unsere Bienenwachskerzen dreißigmal getaucht: Sie brennen neun Stunden, ganz still, und duften nach Sommer.
