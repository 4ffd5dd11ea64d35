package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for nodes that have different versions of a handler, as while a new one is rolled
 * out, or back.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class RollingDeploymentTests {

	private static final Queue<String> runs = new ConcurrentLinkedQueue<>();

	private HandlerNodes nodes;

	@BeforeEach
	void start(TestDatabase database) {
		runs.clear();
		this.nodes = new HandlerNodes(database);
	}

	@Test
	void jobIsKeptForANodeThatKnowsItsHandler() {
		node(Other.class).run((other) -> {
			dispatch(ById.class, (mail) -> mail.welcome(1));
			this.nodes.dispatch("other.run", "{}");
			await().until(() -> runs.contains("other"));
			assertThat(this.nodes.is("attempts = 0 AND claimed_by IS NULL FROM pgdispatch.handler_job")).isTrue();
			node(ById.class).run((knowing) -> await().until(this.nodes::isIdle));
		});
		assertThat(runs).containsExactly("other", "id 1");
	}

	@Test
	void handlerThatNobodyKnowsIsReportedOnce(CapturedOutput output) {
		node(Other.class).run((other) -> {
			dispatch(ById.class, (mail) -> mail.welcome(1));
			this.nodes.jdbc().sql("UPDATE pgdispatch.handler_job SET due_at = now() - interval '1 minute'").update();
			this.nodes.dispatch("other.run", "{}");
			String unknown = "Jobs of the handler 'mail.welcome' have been waiting for half a minute";
			await().until(() -> !warnings(output, unknown).isEmpty());
			for (int i = 0; i < 3; i++) {
				awaitLook();
			}
			assertThat(warnings(output, unknown)).hasSize(1);
		});
	}

	/**
	 * When a node looks it removes what is left of others that died long ago.
	 */
	private void awaitLook() {
		this.nodes.jdbc()
			.sql("INSERT INTO pgdispatch.node VALUES ('app'::regrole, gen_random_uuid(), now() - interval '1 day', '0')")
			.update();
		await().until(() -> this.nodes
			.is("NOT EXISTS (SELECT FROM pgdispatch.node WHERE expires_at < now() - interval '1 hour')"));
	}

	@Test
	void argumentThatWasAddedIsMissingInOldJobs() {
		dispatch(ById.class, (mail) -> mail.welcome(1));
		node(WithOptional.class).run((node) -> await().until(this.nodes::isIdle));
		dispatch(ById.class, (mail) -> mail.welcome(2));
		node(WithNullable.class).run((node) -> await().until(this.nodes::isIdle));
		assertThat(runs).containsExactly("optional 1 Optional.empty", "nullable 2 null");
	}

	@Test
	void argumentThatIsNoMoreIsIgnored() {
		dispatch(WithOptional.class, (mail) -> mail.welcome(1, Optional.of("Ada")));
		node(ById.class).run((node) -> await().until(this.nodes::isIdle));
		dispatch(ById.class, (mail) -> mail.welcome(2));
		node(WithoutArguments.class).run((node) -> await().until(this.nodes::isIdle));
		assertThat(runs).containsExactly("id 1", "none");
	}

	@Test
	void oldJobsWaitForANodeThatTheyFit(CapturedOutput output) {
		dispatch(ById.class, (mail) -> List.of(1, 2, 3).forEach(mail::welcome));
		assertRunOnlyByTheNodeThatTheyFit(ByRecipient.class, ById.class, output);
		assertThat(runs).containsExactlyInAnyOrder("id 1", "id 2", "id 3");
	}

	@Test
	void newJobsWaitForANodeThatTheyFit(CapturedOutput output) {
		dispatch(ByRecipient.class, (mail) -> List.of(1, 2, 3).forEach((id) -> mail.welcome(new Recipient(id))));
		assertRunOnlyByTheNodeThatTheyFit(ById.class, ByRecipient.class, output);
		assertThat(runs).containsExactlyInAnyOrder("recipient 1", "recipient 2", "recipient 3");
	}

	private void assertRunOnlyByTheNodeThatTheyFit(Class<?> misfit, Class<?> fit, CapturedOutput output) {
		node(misfit).run((first) -> {
			// Twice each: the second time they wait for longer.
			await().until(() -> this.nodes
				.is("bool_and(due_at > dispatched_at + interval '2 seconds' AND claimed_by IS NULL) FROM pgdispatch.handler_job"));
			assertThat(runs).isEmpty();
			assertThat(this.nodes.is("bool_and(attempts = 0) FROM pgdispatch.handler_job")).isTrue();
			assertThat(warnings(output, "waits for a node with a method that it fits")).hasSize(1)
				.first()
				.asString()
				.contains("mail.welcome", "id");
			node(fit).run((second) -> await().until(() -> {
				this.nodes.jdbc()
					.sql("UPDATE pgdispatch.handler_job SET due_at = now() WHERE claimed_by IS NULL")
					.update();
				return this.nodes.isIdle();
			}));
		});
		assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
	}

	private static List<String> warnings(CapturedOutput output, String text) {
		return output.getAll().lines().filter((line) -> line.contains("WARN") && line.contains(text)).toList();
	}

	private static ConditionFactory await() {
		return Awaitility.await().atMost(Duration.ofSeconds(60));
	}

	private ApplicationContextRunner node(Class<?> mail) {
		return this.nodes.node().withPropertyValues("pgdispatch.worker.poll-interval=200ms").withBean("mail", mail);
	}

	/**
	 * Dispatches from a node that runs nothing.
	 */
	private <T> void dispatch(Class<T> mail, Consumer<T> call) {
		node(mail).withPropertyValues("pgdispatch.worker.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed();
			call.accept(context.getBean(mail));
		});
	}

	record Recipient(long id) {

	}

	static class Other {

		@AfterCommitDispatch(name = "other.run")
		void run() {
			runs.add("other");
		}

	}

	static class ById {

		@AfterCommitDispatch(name = "mail.welcome")
		void welcome(long id) {
			runs.add("id " + id);
		}

	}

	static class ByRecipient {

		@AfterCommitDispatch(name = "mail.welcome")
		void welcome(Recipient id) {
			runs.add("recipient " + id.id());
		}

	}

	static class WithOptional {

		@AfterCommitDispatch(name = "mail.welcome")
		void welcome(long id, Optional<String> name) {
			runs.add("optional " + id + " " + name);
		}

	}

	static class WithNullable {

		@AfterCommitDispatch(name = "mail.welcome")
		void welcome(long id, @Nullable String name) {
			runs.add("nullable " + id + " " + name);
		}

	}

	static class WithoutArguments {

		@AfterCommitDispatch(name = "mail.welcome")
		void welcome() {
			runs.add("none");
		}

	}

}
