package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Reports a {@link PgDispatchConfigurationException}.
 */
final class PgDispatchFailureAnalyzer extends AbstractFailureAnalyzer<PgDispatchConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PgDispatchConfigurationException cause) {
		return new FailureAnalysis(cause.getDescription(), cause.getAction(), cause);
	}

}
