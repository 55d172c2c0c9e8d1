import { refuseOldNode } from '@sitedrive/core/start'
import { expect, test } from 'vitest'

test.each(['18.20.8', '20.18.3', '6.0.0'])(
  'Node.js %s is refused, with the version that is needed',
  (version) => {
    expect(() => refuseOldNode(version)).toThrow(
      expect.objectContaining({
        code: 'NODE_TOO_OLD',
        message: expect.stringContaining(`needs Node.js 20.19 or newer; here is ${version}.`) as string
      })
    )
  }
)

test.each(['20.19.0', '21.0.0', '24.1.0-nightly'])('Node.js %s is accepted', (version) => {
  expect(() => refuseOldNode(version)).not.toThrow()
})
