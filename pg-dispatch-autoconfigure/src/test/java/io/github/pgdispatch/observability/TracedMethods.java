package io.github.pgdispatch.observability;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * Methods that remember what their log lines would have.
 */
@Component("traced")
class TracedMethods {

	private final List<Map<String, String>> logged = new CopyOnWriteArrayList<>();

	List<Map<String, String>> logged() {
		return this.logged;
	}

	@AfterCommitDispatch
	void send(String mail) {
		this.logged.add(MDC.getCopyOfContextMap());
	}

	@AfterCommitDispatch
	@Transactional
	void book() {
		this.logged.add(MDC.getCopyOfContextMap());
	}

	@AfterCommitDispatch(maxAttempts = 2, backOff = "10ms")
	void retry(@Nullable DispatchContext context) {
		if (context != null && context.attempt() == 1) {
			throw new IllegalStateException("the first attempt fails");
		}
	}

	@AfterCommitDispatch
	void remind() {
	}

	@AfterCommitDispatch(maxAttempts = 2, backOff = "10ms")
	void imported(@Nullable DispatchContext context) {
		retry(context);
	}

}
