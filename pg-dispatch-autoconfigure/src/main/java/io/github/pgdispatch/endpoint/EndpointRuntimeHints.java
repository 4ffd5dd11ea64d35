package io.github.pgdispatch.endpoint;

import io.github.pgdispatch.BatchInfo;
import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.EndedJob;
import io.github.pgdispatch.JobAttempt;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.JobStep;
import io.github.pgdispatch.ListedJob;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.ScheduleInfo;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Registers for a native image what answers are made of, and the files of the page.
 */
final class EndpointRuntimeHints implements RuntimeHintsRegistrar {

	private final BindingReflectionHintsRegistrar binding = new BindingReflectionHintsRegistrar();

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		this.binding.registerReflectionHints(hints.reflection(), BatchInfo.class, CsrfHeader.class, DeadLetter.class,
				DeadLetterGroup.class, EndedJob.class, JobAttempt.class, JobInfo.class, JobStep.class, ListedJob.class,
				NamedJobs.class, PgDispatchStatus.class, QueuesTopic.Queue.class, ScheduleInfo.class,
				ThisNode.State.class);
		hints.resources().registerPattern("io/github/pgdispatch/endpoint/" + Page.PATH + "/*");
	}

}
