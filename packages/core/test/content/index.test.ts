import { expect, test } from 'vitest'
import * as content from '../../src/content-entry.js'

test('exports exactly what reviews and checks build on', () => {
  expect(Object.keys(content).sort()).toEqual([
    'MAX_PAGE_BYTES',
    'MAX_SOURCE_BYTES',
    'checkSite',
    'folderView',
    'htmlFacts',
    'isPage',
    'kindOf',
    'leftOutOf',
    'markdownFacts',
    'noiseOf',
    'pageText',
    'pageUrl',
    'secretFindings',
    'summarise'
  ])
})
