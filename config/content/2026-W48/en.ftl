# The week's words, in English. week-story stands beside art/week-story.

week-story = The hour between
week-story-text = At four the day is over, and the evening has not begun. Our beeswax candles are dipped thirty times for it: they burn for nine hours, quietly, and smell of summer.
