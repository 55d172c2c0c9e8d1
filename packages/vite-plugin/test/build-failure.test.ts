import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureFrom } from '../src/build-failure.js'

const root = path.resolve('/project')
const file = path.join(root, 'src/main.js')

describe('a failed build is told', () => {
  test('with the place that Rollup names, its column counted from 1, and without colors', () => {
    const error = Object.assign(new Error('\u001b[31mUnexpected token\u001b[39m'), {
      id: `${file}?vue&type=script`,
      loc: { file, line: 3, column: 0 }
    })
    expect(failureFrom(error, root)).toEqual({
      message: 'Unexpected token',
      file: 'src/main.js',
      line: 3,
      column: 1
    })
  })

  test('with the place of the first of Rolldown’s errors', () => {
    const errors = [{ id: file, loc: { file, line: 1, column: 6 } }, { id: path.join(root, 'other.js') }]
    const error = Object.assign(new Error('Build failed with 2 errors'), { errors })
    expect(failureFrom(error, root)).toMatchObject({ file: 'src/main.js', line: 1, column: 7 })
  })

  test('with the module where only that is known', () => {
    const error = Object.assign(new Error('thrown'), { id: `\0${file}` })
    expect(failureFrom(error, root)).toEqual({
      message: 'thrown',
      file: 'src/main.js',
      line: null,
      column: null
    })
  })

  test.each([
    ['a text', 'a text'],
    [null, 'null'],
    [new Error(''), 'The build failed.'],
    [{ message: 1, errors: [] }, '[object Object]']
  ])('whatever was thrown: %s', (error, message) => {
    expect(failureFrom(error, root)).toEqual({ message, file: null, line: null, column: null })
  })
})
