/** What the plugin is called, its parts with a word behind it. */
export const NAME = '@sitedrive/vite-plugin'
