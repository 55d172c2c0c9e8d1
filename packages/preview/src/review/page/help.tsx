import { Dialog } from './dialog.js'

const KEYS: [keys: string[], what: string][] = [
  [['j', '↓'], 'next change'],
  [['k', '↑'], 'change before'],
  [['Enter'], 'read it'],
  [['Esc'], 'back to the list'],
  [['d'], 'line by line, or words'],
  [['b'], 'before and after'],
  [['h'], 'history'],
  [['p'], 'publish all'],
  [['?'], 'this help']
]

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
