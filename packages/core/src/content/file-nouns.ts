import type { FileChange } from './content-types.js'

/** The noun for each kind of file. */
export const FILE_NOUNS: Readonly<Record<FileChange['kind'], string>> = {
  image: 'image',
  style: 'style sheet',
  script: 'script',
  font: 'font',
  feed: 'feed',
  media: 'media file',
  other: 'file'
}
