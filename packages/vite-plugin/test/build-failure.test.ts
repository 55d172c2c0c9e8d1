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

  test('with the place of esbuild’s error, which tells of itself in `errors` as well', () => {
    const error = Object.assign(new Error('Transform failed with 1 error'), {
      id: file,
      loc: { file, line: 2, column: 8 },
      errors: [{ id: '', location: { line: 2 }, text: 'Unexpected "="' }]
    })
    expect(failureFrom(error, root)).toMatchObject({ file: 'src/main.js', line: 2, column: 9 })
  })

  test('with the file that only Rolldown’s message names, from the folder of the process', () => {
    const message = '[builtin:vite-transform] Unexpected token\n   ╭─[ src/a.ts:2:9 ]\n'
    const error = Object.assign(new Error(message), { errors: [{ loc: { line: 2, column: 8 } }] })
    expect(failureFrom(error, path.resolve('.'))).toMatchObject({ file: 'src/a.ts', line: 2, column: 9 })
  })

  test('in words: without a count of one, stacks, and folders of this machine', () => {
    const said = `Build failed with 1 error:\n\n[plugin vite:css] ${root}/a.css:2:4\nCssSyntaxError: Unknown word`
    const stack = `\n    at Input.error (/home/x/input.js:1:2)\n    at async file:///home/x/y.js:3:4\n    at new Promise (<anonymous>)\n`
    expect(failureFrom(new Error(said + stack), root).message).toBe(
      '[plugin vite:css] a.css:2:4\nCssSyntaxError: Unknown word'
    )
    const backtrace = '\n\nStack backtrace:\n   0: <unknown>\n   1: clone3\n'
    expect(failureFrom(new Error(`threw an error${backtrace}`), root).message).toBe('threw an error')
    expect(failureFrom(new Error('Look\n  at the file'), root).message).toBe('Look\n  at the file')
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
