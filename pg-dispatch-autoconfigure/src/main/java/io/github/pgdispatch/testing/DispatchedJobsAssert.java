package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import org.assertj.core.api.AbstractListAssert;
import org.assertj.core.api.ObjectAssert;
import org.assertj.core.description.TextDescription;
import org.jspecify.annotations.Nullable;

/**
 * Assertions about the jobs that wait. In addition to the assertions about lists, there
 * are assertions that require at least one job with a property.
 *
 * <pre class="code">
 * assertThat(jobs).hasSize(2)
 *     .containsCommand("SELECT remind(42)").dueAfter(Duration.ofDays(3))
 *     .containsHandler("signUpSideEffects.welcome").withArgument("profileId", 42);
 * </pre>
 *
 * <p>
 * {@code containsCommand} and {@code containsHandler} search all jobs. The assertions
 * that follow apply to the jobs that were found. For example,
 * <code>containsCommand("SELECT 1").hasSize(2)</code> requires two jobs with that
 * command.
 */
public final class DispatchedJobsAssert extends
		AbstractListAssert<DispatchedJobsAssert, List<DispatchedJob>, DispatchedJob, ObjectAssert<DispatchedJob>> {

	private final List<DispatchedJob> all;

	private final List<String> conditions;

	private final ArgumentMatcher arguments;

	DispatchedJobsAssert(List<DispatchedJob> all, ArgumentMatcher arguments) {
		this(all, all, List.of(), arguments);
	}

	private DispatchedJobsAssert(List<DispatchedJob> found, List<DispatchedJob> all, List<String> conditions,
			ArgumentMatcher arguments) {
		super(found, DispatchedJobsAssert.class);
		this.all = all;
		this.conditions = conditions;
		this.arguments = arguments;
	}

	/**
	 * Requires that there is a job with a command.
	 * @param command the SQL of the job, either as it is stored or with simple literals
	 * such as {@code 42} and {@code 'Ada'} for the parameters
	 * @return assertions about the jobs with this command
	 */
	public DispatchedJobsAssert containsCommand(String command) {
		return find(this.all, List.of("the command\n  " + command), (job) -> job.command() != null
				&& (job.command().equals(command) || Literals.readable(job.command()).equals(command)));
	}

	/**
	 * Requires that there is a job that calls a handler.
	 * @param handler the name of the handler, which is the name in the annotation or, by
	 * default, the names of the bean and of the method, such as
	 * {@code signUpSideEffects.welcome}
	 * @return assertions about the jobs that call this handler
	 */
	public DispatchedJobsAssert containsHandler(String handler) {
		return find(this.all, List.of("the handler\n  " + handler), (job) -> handler.equals(job.handler()));
	}

	/**
	 * Requires that one of the jobs passes an argument to its handler.
	 * @param parameter the name of the parameter
	 * @param value the argument, which is compared as JSON
	 * @return assertions about the jobs that pass this argument
	 */
	public DispatchedJobsAssert withArgument(String parameter, @Nullable Object value) {
		return find(this.actual, and("the argument\n  " + parameter + ": " + value),
				(job) -> job.arguments() != null && this.arguments.matches(job.arguments(), parameter, value));
	}

	/**
	 * Requires that one of the jobs was dispatched with a delay.
	 * @param delay the time from the dispatch, truncated to whole seconds;
	 * {@link Duration#ZERO} for jobs without a delay
	 * @return assertions about the jobs with this delay
	 */
	public DispatchedJobsAssert dueAfter(Duration delay) {
		return find(this.actual, and("the delay\n  " + DispatchedJob.text(delay)), (job) -> job.delay().equals(delay));
	}

	private List<String> and(String condition) {
		List<String> conditions = new ArrayList<>(this.conditions);
		conditions.add(condition);
		return conditions;
	}

	private DispatchedJobsAssert find(List<DispatchedJob> among, List<String> conditions,
			Predicate<DispatchedJob> condition) {
		List<DispatchedJob> found = among.stream().filter(condition).toList();
		if (found.isEmpty()) {
			failWithMessage("%s",
					"\nExpecting a dispatched job with " + String.join("\nand ", conditions) + "\nbut " + listed());
		}
		return new DispatchedJobsAssert(found, this.all, conditions, this.arguments)
			.as(new TextDescription("%s", descriptionText()));
	}

	private String listed() {
		return this.all.isEmpty() ? "there is none"
				: this.all.stream().map((job) -> "  " + job).collect(Collectors.joining("\n", "there are only\n", ""));
	}

	@Override
	protected ObjectAssert<DispatchedJob> toAssert(DispatchedJob job, String description) {
		return new ObjectAssert<>(job).as(description);
	}

	@Override
	protected DispatchedJobsAssert newAbstractIterableAssert(Iterable<? extends DispatchedJob> jobs) {
		List<DispatchedJob> found = StreamSupport.stream(jobs.spliterator(), false)
			.collect(Collectors.toUnmodifiableList());
		return new DispatchedJobsAssert(found, this.all, this.conditions, this.arguments);
	}

}
