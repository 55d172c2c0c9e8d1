import { useEffect, useRef } from 'preact/hooks'

/** Calls what belongs to a key, unless the person is writing, answers a question, or means a command of the browser. */
export function useKeys(keys: Record<string, () => unknown>): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (document.querySelector('dialog[open]')) return
      const target = event.target as HTMLElement
      if (/^(input|textarea|select)$/i.test(target.tagName)) return
      // A button is pressed by Enter, a link followed; arrows scroll what can be scrolled.
      if (event.key === 'Enter' && target !== document.body) return
      if (event.key.startsWith('Arrow') && target.closest('.pane, .history, pre')) return
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', hear)
    return () => removeEventListener('keydown', hear)
  }, [])
}
