// one test file, so that its parts take turns: they share one deployment
import './report.ts';
import './functions.ts';
import './api.ts';
import './operator.ts';
import './forgotten.ts';
import './stopped.ts';
import './again.ts';
import './beside.ts';
// last: it looks at what the functions have done in all of them
import './permissions.ts';
