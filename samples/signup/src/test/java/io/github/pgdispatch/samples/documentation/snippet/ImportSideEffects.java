package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.EndedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

@Component
class ImportSideEffects {

	private static final Logger logger = LoggerFactory.getLogger(ImportSideEffects.class);

	@AfterCommitDispatch(name = "imports.line", maxAttempts = 3)
	@Transactional
	void line(long importId, int number) {
		logger.info("Line {} of import {}", number, importId);
	}

	@AfterCommitDispatch(name = "imports.finished")
	void finished(long importId, DispatchContext context) {
		EndedBatch batch = context.endedBatch().orElseThrow();
		logger.info("Import {} has ended: {} lines are done, {} have failed", importId, batch.done(), batch.failed());
	}

}
