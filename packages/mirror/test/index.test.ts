import { expect, test } from 'vitest'
import * as mirror from '../src/index.js'

test('the package exports exactly what is documented', () => {
  expect(Object.keys(mirror).toSorted()).toEqual(['followSite', 'openSiteServer', 'siteListener'])
})
