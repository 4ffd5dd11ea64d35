package io.github.pgdispatch.endpoint;

import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.dao.DataIntegrityViolationException;

/**
 * The Actuator endpoint {@code pgdispatch}, which shows jobs, batches, dead letters,
 * queues, handlers, schedules and nodes and, with unrestricted access, changes them. An
 * endpoint for the web, because its answers depend on the user and have a status. The
 * page {@code docs/endpoint.md} has its paths, parameters and answers.
 *
 * <p>
 * Thread-safe. All operations block: they ask the database, and WebFlux calls them on
 * threads that may wait.
 */
@ImportRuntimeHints(EndpointRuntimeHints.class)
@WebEndpoint(id = "pgdispatch", defaultAccess = Access.READ_ONLY)
public final class PgDispatchEndpoint {

	private final Supplier<List<EndpointDatabase>> databases;

	private final Settings settings;

	private final Page page;

	/**
	 * Creates an endpoint.
	 * @param databases whose jobs it shows, of which it shows the first one if not told
	 * otherwise; asked for at each request
	 * @param settings what it shows and lets users do
	 */
	public PgDispatchEndpoint(Supplier<List<EndpointDatabase>> databases, Settings settings) {
		this.databases = databases;
		this.settings = settings;
		this.page = new Page(settings.page());
	}

	/**
	 * Tells what waits, runs and has failed in numbers, the state of the node that
	 * answers, and what the user may do.
	 * @param securityContext the user
	 * @param database the name of the database
	 * @return the answer
	 */
	@ReadOperation
	public WebEndpointResponse<Object> overview(SecurityContext securityContext, @Nullable String database) {
		return overview(securityContext, database, this.settings.csrf().get());
	}

	WebEndpointResponse<Object> overview(SecurityContext securityContext, @Nullable String database,
			@Nullable CsrfHeader csrf) {
		return in(database, (current) -> overview(securityContext, current, csrf));
	}

	private WebEndpointResponse<Object> overview(SecurityContext securityContext, EndpointDatabase database,
			@Nullable CsrfHeader csrf) {
		return json(Topic.answer("database", database.name(), "databases", (names().size() > 1) ? names() : null,
				"writable", this.settings.writable(), "valuesShown", values(securityContext).shown(), "user",
				name(securityContext.getPrincipal()), "csrf", this.settings.writable() ? csrf : null, "node",
				database.node(), "status", database.status()));
	}

	/**
	 * Lists what there is. Spring Boot finds each parameter by its name.
	 * @param securityContext the user
	 * @param what the topic, or {@code ui} for the page
	 * @param kind the kind of the jobs
	 * @param handler the name of their handler
	 * @param label the label of their SQL
	 * @param queue the name of their queue
	 * @param state their state
	 * @param sqlState the SQLSTATE of their error
	 * @param message a text in the message of their error
	 * @param since the earliest time of their failure
	 * @param until the time before which they failed
	 * @param outcome the state in which they ended
	 * @param after the {@code next} of the page before
	 * @param limit their maximum number
	 * @param database the name of their database
	 * @return the answer
	 */
	@ReadOperation
	public WebEndpointResponse<Object> list(SecurityContext securityContext, @Selector String what,
			@Nullable String kind, @Nullable String handler, @Nullable String label, @Nullable String queue,
			@Nullable String state, @Nullable String sqlState, @Nullable String message, @Nullable String since,
			@Nullable String until, @Nullable String outcome, @Nullable String after, @Nullable String limit,
			@Nullable String database) {
		if (what.equals(Page.PATH)) {
			return answer(() -> this.page.read("index.html"));
		}
		return in(database, (current) -> {
			Parameters parameters = new Parameters("kind", kind, "handler", handler, "label", label, "queue", queue,
					"state", state, "sqlState", sqlState, "message", message, "since", since, "until", until, "outcome",
					outcome, "after", after, "limit", limit);
			return json(current.topic(what).list(parameters, values(securityContext)));
		});
	}

	/**
	 * Finds one.
	 * @param securityContext the user
	 * @param what the topic, or {@code ui} for the page
	 * @param id the id of one, or the name of a file of the page
	 * @param database the name of its database
	 * @return the answer
	 */
	@ReadOperation
	public WebEndpointResponse<Object> get(SecurityContext securityContext, @Selector String what, @Selector String id,
			@Nullable String database) {
		return what.equals(Page.PATH) ? answer(() -> this.page.read(id))
				: in(database, (current) -> json(current.topic(what).get(id, values(securityContext))));
	}

	/**
	 * Makes a change, or counts what it would change.
	 * @param securityContext the user
	 * @param what the topic
	 * @param action what to do
	 * @param countOnly whether nothing is to be changed
	 * @param ids the ids of jobs or dead letters
	 * @param all whether all are meant
	 * @param kind the kind of the jobs
	 * @param handler the name of their handler
	 * @param label the label of their SQL
	 * @param queue the name of their queue, or of a queue
	 * @param state their state
	 * @param sqlState the SQLSTATE of their error
	 * @param message a text in the message of their error
	 * @param since the earliest time of their failure
	 * @param until the time before which they failed
	 * @param limit their maximum number
	 * @param to the name of the queue to which jobs are moved
	 * @param concurrency the maximum number of jobs of a queue that run at once
	 * @param rate the maximum number of jobs of a queue that begin in a period
	 * @param per the period
	 * @param perKey the maximum number of jobs of a fair key that run at once
	 * @param ratePerKey the maximum number of jobs of a fair key that begin in a period
	 * @param breakAfter the number of failures in a row after which a queue's circuit
	 * breaker trips
	 * @param breakFor the time after which the circuit breaker lets a probe begin
	 * @param schedule the name of a schedule
	 * @param database the name of the database
	 * @return the answer
	 */
	@WriteOperation
	public WebEndpointResponse<Object> change(SecurityContext securityContext, @Selector String what,
			@Nullable String action, @Nullable String countOnly, @Nullable String ids, @Nullable String all,
			@Nullable String kind, @Nullable String handler, @Nullable String label, @Nullable String queue,
			@Nullable String state, @Nullable String sqlState, @Nullable String message, @Nullable String since,
			@Nullable String until, @Nullable String limit, @Nullable String to, @Nullable String concurrency,
			@Nullable String rate, @Nullable String per, @Nullable String perKey, @Nullable String ratePerKey,
			@Nullable String breakAfter, @Nullable String breakFor, @Nullable String schedule,
			@Nullable String database) {
		return in(database, (current) -> {
			Parameters parameters = new Parameters("action", action, "countOnly", countOnly, "ids", ids, "all", all,
					"kind", kind, "handler", handler, "label", label, "queue", queue, "state", state, "sqlState",
					sqlState, "message", message, "since", since, "until", until, "limit", limit, "to", to,
					"concurrency", concurrency, "rate", rate, "per", per, "perKey", perKey, "ratePerKey", ratePerKey,
					"breakAfter", breakAfter, "breakFor", breakFor, "schedule", schedule);
			return json(change(securityContext.getPrincipal(), current, what, parameters));
		});
	}

	private Map<String, Object> change(@Nullable Principal user, EndpointDatabase database, String what,
			Parameters parameters) {
		Topic topic = database.topic(what);
		String action = parameters.required("action");
		boolean countOnly = parameters.flag("countOnly");
		Change change = topic.change(action, parameters);
		long count = countOnly ? change.count().getAsLong()
				: database.actions().make(user, action, parameters.target(what), change.make());
		return Topic.answer("action", action, "count", count, "countOnly", countOnly);
	}

	private EndpointDatabase database(@Nullable String name) {
		return this.databases.get()
			.stream()
			.filter((database) -> name == null || name.equals(database.name()))
			.findFirst()
			.orElseThrow(() -> new NoSuchElementException(
					"There is no such database. There are " + String.join(", ", names())));
	}

	private List<String> names() {
		return this.databases.get().stream().map(EndpointDatabase::name).filter(Objects::nonNull).toList();
	}

	private Values values(SecurityContext securityContext) {
		return new Values(this.settings.valuesShown().test(securityContext));
	}

	private static @Nullable String name(@Nullable Principal user) {
		return (user != null) ? user.getName() : null;
	}

	private static WebEndpointResponse<Object> json(Map<String, Object> answer) {
		return new WebEndpointResponse<>(OperationResponseBody.of(answer));
	}

	private WebEndpointResponse<Object> in(@Nullable String name,
			Function<EndpointDatabase, WebEndpointResponse<Object>> action) {
		return answer(() -> {
			EndpointDatabase database = database(name);
			try (DispatchPropagator.Scope scope = database.open()) {
				return action.apply(database);
			}
		});
	}

	private static WebEndpointResponse<Object> answer(Supplier<WebEndpointResponse<Object>> action) {
		try {
			return action.get();
		}
		catch (IllegalArgumentException ex) {
			return error(ex.getMessage(), WebEndpointResponse.STATUS_BAD_REQUEST);
		}
		catch (NoSuchElementException ex) {
			return error(ex.getMessage(), WebEndpointResponse.STATUS_NOT_FOUND);
		}
		catch (DataIntegrityViolationException ex) {
			return error(
					"The database refuses a parameter: "
							+ String.valueOf(ex.getMostSpecificCause().getMessage()).lines().findFirst().orElse(""),
					WebEndpointResponse.STATUS_BAD_REQUEST);
		}
	}

	private static WebEndpointResponse<Object> error(@Nullable String message, int status) {
		return new WebEndpointResponse<>(OperationResponseBody.of(Topic.answer("error", message)), status);
	}

	/**
	 * What the endpoint shows and lets users do.
	 *
	 * @param writable whether changes may be made
	 * @param page whether the page is there
	 * @param valuesShown whether a user may see the values of jobs
	 * @param csrf finds the header that the current user has to send with a change;
	 * returns {@code null} if none is needed
	 */
	public record Settings(boolean writable, boolean page, Predicate<SecurityContext> valuesShown,
			Supplier<@Nullable CsrfHeader> csrf) {

	}

}
