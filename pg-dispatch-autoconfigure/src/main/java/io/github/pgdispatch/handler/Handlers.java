package io.github.pgdispatch.handler;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.PgDispatchConfigurationException;
import org.jspecify.annotations.Nullable;

/**
 * The handlers that a node knows.
 */
public final class Handlers {

	private final Map<String, Handler> byName = new LinkedHashMap<>();

	/**
	 * Creates a registry.
	 * @param handlers that the node knows
	 * @throws PgDispatchConfigurationException if two have the same name
	 */
	public Handlers(Collection<Handler> handlers) {
		for (Handler handler : handlers) {
			Handler other = this.byName.put(handler.name(), handler);
			if (other != null) {
				throw new PgDispatchConfigurationException(
						"Two methods are the handler '" + handler.name() + "': " + other + " and " + handler,
						"Give one of them another name: @AfterCommitDispatch(name = \"…\"). A job is kept under the name of its"
								+ " handler, so let the one keep it of which there may be jobs.");
			}
		}
	}

	/**
	 * Finds a handler.
	 * @param name under which jobs are kept for it
	 * @return the handler, or {@code null} if this node does not know it
	 */
	public @Nullable Handler get(String name) {
		return this.byName.get(name);
	}

	/**
	 * Returns the names of all handlers.
	 * @return the names
	 */
	public Set<String> names() {
		return this.byName.keySet();
	}

	/**
	 * Returns all handlers.
	 * @return the handlers
	 */
	public Collection<Handler> all() {
		return this.byName.values();
	}

}
