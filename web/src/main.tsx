import { render } from 'preact';
import './styles/base.css';
import './styles/shell.css';
import './styles/dashboard.css';
import './styles/pages.css';
import { App } from './shell/app';

const root = document.getElementById('app');
if (root) {
  root.textContent = '';
  render(<App />, root);
}
