SELECT pgdispatch.fire('SELECT 1');
