import { expect, test } from 'vitest'
import * as peer from '../src/index.js'

test('the package exports exactly what is documented', () => {
  expect(Object.keys(peer).toSorted()).toEqual(['openPeer', 'parseByteCount'])
})
