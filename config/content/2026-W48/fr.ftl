# Les textes de la semaine, en français. week-story accompagne art/week-story.

week-story = Entre chien et loup
week-story-text = À seize heures, le jour s’en va et la soirée n’est pas encore là. Pour cette heure-là, nos bougies en cire d’abeille sont trempées trente fois : elles brûlent neuf heures, sans bruit, et sentent l’été.
