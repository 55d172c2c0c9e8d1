import type { FileChange } from './content-types.js'

/** What people call files of a kind. */
export const FILE_NOUNS: Readonly<Record<FileChange['kind'], string>> = {
  image: 'image',
  style: 'style sheet',
  script: 'script',
  font: 'font',
  feed: 'feed',
  media: 'media file',
  other: 'file'
}
